@echo off
rem Runs FcnSharp's command line from a clone: builds it on first use and after a change of the sources, then runs it.
setlocal
rem What the program is to call itself in commands that it shows.
set "FCN_COMMAND=.\fcn"
set "root=%~dp0"
set "program=%root%artifacts\bin\FcnSharp.Cli\release\fcn.dll"
rem A copy of the sources as they were built; xcopy /l /d counts what is newer than it, and starts faster than PowerShell.
set "built=%root%artifacts\fcn-built"
set "log=%root%artifacts\fcn-build.log"
set "sdk=install it from https://dotnet.microsoft.com/download/dotnet/10.0"

where /q dotnet
if errorlevel 1 (
    >&2 echo error: FcnSharp needs the .NET 10 SDK and no dotnet was found; %sdk%
    exit /b 1
)

call :check
if defined stale call :build
if defined failed exit /b 1
dotnet "%program%" %*
exit /b %errorlevel%

:check
set "stale=1"
if not exist "%program%" exit /b 0
if not exist "%built%\src" exit /b 0
set "stale="
for /f %%n in ('xcopy "%root%src" "%built%\src" /l /d /s /y /i /q') do set "changed=%%n"
if not "%changed%"=="0" set "stale=1"
for %%f in (Directory.Build.props Directory.Packages.props global.json) do (
    for /f %%n in ('xcopy "%root%%%f" "%built%" /l /d /y /i /q') do if not "%%n"=="0" set "stale=1"
)
exit /b 0

:build
dotnet --list-sdks 2>nul | findstr /b /c:"10." >nul
if errorlevel 1 (
    >&2 echo error: FcnSharp needs the .NET 10 SDK and this dotnet has none; %sdk%
    set "failed=1"
    exit /b 0
)
if not exist "%root%artifacts" mkdir "%root%artifacts"
set "tries=0"
rem An open file is the lock: Windows lets only one process write to it, and closes it when that process ends.
:lock
set "locked="
9>&2 2>nul (
    8>>"%root%artifacts\fcn.lock" call :locked
)
if defined locked exit /b 0
set /a tries+=1
if %tries% geq 600 (
    >&2 echo error: another build has held "%root%artifacts\fcn.lock" for 10 minutes
    set "failed=1"
    exit /b 0
)
ping -n 2 127.0.0.1 >nul
goto :lock

:locked
set "locked=1"
call :check
if defined stale call :compile 2>&9
exit /b 0

:compile
>&2 echo Building FcnSharp ...
pushd "%root%"
dotnet build src\FcnSharp.Cli\FcnSharp.Cli.csproj --configuration Release --verbosity quiet "-consoleLoggerParameters:ErrorsOnly;NoSummary" --disable-build-servers >"%log%" 2>&1
if errorlevel 1 set "failed=1"
popd
if defined failed (
    >&2 findstr /c:"error" "%log%"
    >&2 echo error: the build failed
    exit /b 0
)
xcopy "%root%src" "%built%\src" /d /s /y /i /q >nul
for %%f in (Directory.Build.props Directory.Packages.props global.json) do xcopy "%root%%%f" "%built%" /d /y /i /q >nul
exit /b 0

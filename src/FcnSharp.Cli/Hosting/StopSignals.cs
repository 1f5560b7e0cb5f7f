using System.Runtime.InteropServices;

namespace FcnSharp.Cli.Hosting;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks the running verb to stop cleanly, the second ends the process at once,
/// because a step may take longer than the user wants to wait.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Terminal _terminal;
    private readonly PosixSignalRegistration[] _registrations;
    private int _received;

    /// <summary>Starts to listen.</summary>
    public StopSignals(Terminal terminal)
    {
        _terminal = terminal;
        _registrations = [Listen(PosixSignal.SIGINT), Listen(PosixSignal.SIGTERM)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Stops to listen: from then on a signal does what it does by default.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal) => PosixSignalRegistration.Create(signal, Handle);

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _received) > 1)
        {
            Environment.Exit(ExitCodes.Stopped);
        }

        _terminal.WriteErrorLine("stopping after this step ... press Ctrl-C again to stop at once");
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The verb ended while the signal was on its way: there is nothing left to stop.
        }
    }
}

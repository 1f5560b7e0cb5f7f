using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Memory;

namespace FcnSharp.Data.Download;

/// <summary>
/// Downloads a file in bounded memory. What an interrupted download had is kept and continued if the server still has the same
/// file; a connection that breaks is tried again; the file gets its name once its length and hash are right.
/// </summary>
internal sealed class HttpDownload : IDisposable
{
    private const int BufferBytes = 1 << 18;

    // 31 seconds of waiting in all, counted anew whenever bytes have come.
    private const int MaxAttempts = 6;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly HttpClient _client;
    private readonly HttpDownloadOptions _options;

    /// <summary>Creates a downloader.</summary>
    public HttpDownload(HttpDownloadOptions? options = null)
    {
        _options = options ?? new();

        // Without decompression: what is counted, resumed and hashed are the bytes of the file.
        _client = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = _options.Patience }) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("FcnSharp", null));
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>Downloads the file, or the rest of it.</summary>
    /// <param name="request">Which file.</param>
    /// <param name="progress">Gets every step.</param>
    /// <param name="note">Gets a line where something is worth knowing, such as that it begins again.</param>
    /// <param name="cancellation">Stops, and keeps what there is for the next time.</param>
    /// <exception cref="FcnSharpException">The server does not have the file, or another one, or cannot be reached; or the file cannot be written.</exception>
    public async Task RunAsync(DownloadRequest request, Action<DownloadProgress> progress, Action<string> note, CancellationToken cancellation)
    {
        PartFile part = new(request.Path);
        try
        {
            await FetchAsync(request, part, progress, note, cancellation).ConfigureAwait(false);
            Verify(request, part, progress, cancellation);
            part.Complete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FcnSharpException($"{part.Path}: the download could not be written ({OneLine(e)}); check space and permissions, and that no other program downloads it, then run the same command again.", e);
        }
    }

    private static void Verify(DownloadRequest request, PartFile part, Action<DownloadProgress> progress, CancellationToken cancellation)
    {
        if (request.Checksum is not { } expected)
        {
            return;
        }

        Checksum found = expected.Of(part.Path, (done, total) => progress(new(DownloadStage.Verifying, done, total)), cancellation);
        if (found != expected)
        {
            part.Delete();
            throw new FcnSharpException($"{request.Url}: expected {expected}, found {found}; what came was removed, because it is another file or was damaged on the way: run the same command again, or {request.Remedy}.");
        }
    }

    private async Task FetchAsync(DownloadRequest request, PartFile part, Action<DownloadProgress> progress, Action<string> note, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            long before = part.Length;
            TimeSpan wait = TimeSpan.FromSeconds(1 << (attempt - 1));
            try
            {
                if (await TryAsync(request, part, progress, note, cancellation).ConfigureAwait(false))
                {
                    return;
                }

                // The server no longer has what the part is from: once more from the beginning, at once.
                part.Delete();
                continue;
            }
            catch (BrokenConnectionException e)
            {
                if (part.Length > before)
                {
                    attempt = 0;
                    wait = TimeSpan.FromSeconds(1);
                }

                if (attempt >= MaxAttempts || (e.IsHopeless && before == 0 && attempt > 0))
                {
                    throw new FcnSharpException($"{request.Url}: {e.Message}; {ByteSize.Format(part.Length)} are kept: run the same command again to go on, or {request.Remedy}.", e);
                }

                wait = e.Wait is { } asked && asked > wait ? asked : wait;
                wait = wait < LongestWait ? wait : LongestWait;
                note(string.Create(CultureInfo.InvariantCulture, $"{e.Message} after {ByteSize.Format(part.Length)}; trying again in {wait.TotalSeconds:0} s"));
            }

            await _options.Delay(wait, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>One request; false where the part has to be thrown away first.</summary>
    private async Task<bool> TryAsync(DownloadRequest request, PartFile part, Action<DownloadProgress> progress, Action<string> note, CancellationToken cancellation)
    {
        long have = part.Length;
        PartInfo? info = part.Info;
        bool sameUrl = info?.Url == request.Url.AbsoluteUri;

        // Of a mirror it is not known whether it has the same file; where a hash will tell in the end, that is worth trying.
        if (have > 0 && (have > request.Bytes || info is null || (request.Checksum is null && (!sameUrl || info.Version is null))))
        {
            return false;
        }

        if (have > 0 && have == (request.Bytes ?? info?.Total))
        {
            return true;
        }

        using HttpRequestMessage message = new(HttpMethod.Get, request.Url);
        if (have > 0)
        {
            message.Headers.Range = new(have, null);
            if (sameUrl && info!.Version is { } version)
            {
                message.Headers.TryAddWithoutValidation("If-Range", version);
            }
        }

        using HttpResponseMessage response = await SendAsync(message, cancellation).ConfigureAwait(false);
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent when have > 0:
                ContentRangeHeaderValue? range = response.Content.Headers.ContentRange;
                if (range?.From != have || (info!.Total is { } total && range.Length is { } now && now != total) || (sameUrl && info.Version is { } old && VersionOf(response) is { } current && old != current))
                {
                    note("the server has another file by now: downloading it from the beginning");
                    return false;
                }

                CheckLength(request, range.Length);
                await CopyAsync(response, part, have, request.Bytes ?? range.Length ?? info.Total, progress, cancellation).ConfigureAwait(false);
                return true;

            case HttpStatusCode.OK:
                CheckLength(request, response.Content.Headers.ContentLength);
                if (have > 0)
                {
                    note("the server has another file by now, or cannot go on in the middle: downloading it from the beginning");
                }

                // First emptied, then noted: the other way round a crash in between would join two versions.
                File.Delete(part.Path);
                part.Note(new(request.Url.AbsoluteUri, VersionOf(response), response.Content.Headers.ContentLength));
                await CopyAsync(response, part, 0, request.Bytes ?? response.Content.Headers.ContentLength, progress, cancellation).ConfigureAwait(false);
                return true;

            case HttpStatusCode.RequestedRangeNotSatisfiable when have > 0:
                return false;

            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                RetryConditionHeaderValue? retry = response.Headers.RetryAfter;
                throw new BrokenConnectionException($"the server answered {Status(response)}", wait: retry?.Delta ?? retry?.Date - DateTimeOffset.UtcNow);

            default:
                throw new FcnSharpException($"{request.Url}: expected the archive, the server answered {Status(response)}; {request.Remedy}.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellation)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_options.Patience);
        try
        {
            return await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new BrokenConnectionException("the server did not answer", e);
        }
        catch (HttpRequestException e)
        {
            bool hopeless = e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            throw new BrokenConnectionException($"no connection to the server ({OneLine(e.InnerException ?? e)})", e, isHopeless: hopeless);
        }
    }

    private async Task CopyAsync(HttpResponseMessage response, PartFile part, long have, long? total, Action<DownloadProgress> progress, CancellationToken cancellation)
    {
        using FileStream file = new(part.Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Position = have;
        progress(new(DownloadStage.Downloading, have, total ?? 0));

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        byte[] buffer = new byte[BufferBytes];
        try
        {
            using Stream body = await response.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
            while (true)
            {
                // Not for the whole file, which may take hours, but for the next bytes.
                patience.CancelAfter(_options.Patience);
                int read = await ReadAsync(body, buffer, patience.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                // More than was announced is no end of this file, and would fill the disk.
                if (total is { } limit && file.Position + read > limit)
                {
                    throw new FcnSharpException($"{response.RequestMessage?.RequestUri}: expected {limit} bytes, the server sent more; try again later.");
                }

                file.Write(buffer, 0, read);
                progress(new(DownloadStage.Downloading, file.Position, total ?? 0));
            }
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new BrokenConnectionException("the server sent nothing any more", e);
        }

        if (file.Position < total)
        {
            throw new BrokenConnectionException("the connection ended early");
        }
    }

    private static async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new BrokenConnectionException("the connection broke", e);
        }
    }

    private static void CheckLength(DownloadRequest request, long? found)
    {
        if (request.Bytes is { } expected && found is { } bytes && bytes != expected)
        {
            throw new FcnSharpException($"{request.Url}: expected a file of {expected} bytes, the server has one of {bytes}; {request.Remedy}.");
        }
    }

    /// <summary>What tells one version of the file from another: a strong mark, or else the date.</summary>
    private static string? VersionOf(HttpResponseMessage response) => response.Headers.ETag is { IsWeak: false } tag
        ? tag.Tag
        : response.Content.Headers.LastModified?.ToString("r", CultureInfo.InvariantCulture);

    private static string Status(HttpResponseMessage response) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {response.ReasonPhrase}").TrimEnd();

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.');

    /// <summary>A failure that may pass.</summary>
    private sealed class BrokenConnectionException(string message, Exception? cause = null, TimeSpan? wait = null, bool isHopeless = false) : Exception(message, cause)
    {
        /// <summary>How long the server asks to wait.</summary>
        public TimeSpan? Wait => wait;

        /// <summary>Whether it will hardly pass within seconds where nothing has worked before.</summary>
        public bool IsHopeless => isHopeless;
    }
}

using System.Buffers;
using FcnSharp.Server.Work;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace FcnSharp.Server.Api;

/// <summary>
/// The image file in a request's body, read into memory alone and within its limits. The framework's reader of forms would keep
/// large parts in temporary files.
/// </summary>
internal sealed class ImageUpload : IDisposable
{
    private const int FirstBuffer = 1 << 16;

    /// <summary>Larger buffers are not pooled: the pool would round them up to a power of two, and keep them.</summary>
    private const int LargestPooled = 1 << 20;

    private const int MaxParts = 8;
    private const int MaxNameLength = 256;

    private readonly MemoryBudget _budget;
    private byte[] _buffer = [];
    private long _charged;

    private ImageUpload(MemoryBudget budget) => _budget = budget;

    /// <summary>The file.</summary>
    public ReadOnlyMemory<byte> File => _buffer.AsMemory(0, Length);

    /// <summary>Its length in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The model that a form names; null where none does.</summary>
    public string? Model { get; private set; }

    /// <summary>Reads a body.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBytes">The most bytes of the body.</param>
    /// <param name="budget">What is held is taken from it.</param>
    /// <param name="cancellation">Ends the wait for the client.</param>
    /// <exception cref="ProblemException">The body is too large, empty, of the wrong type, or no form with one file.</exception>
    public static async Task<ImageUpload> Read(HttpRequest request, long maxBytes, MemoryBudget budget, CancellationToken cancellation)
    {
        string? boundary = CheckType(request);
        if (request.ContentLength > maxBytes)
        {
            throw TooLarge(maxBytes);
        }

        ImageUpload upload = new(budget);
        try
        {
            if (boundary is null)
            {
                await upload.Fill(request.Body, maxBytes, request.ContentLength, cancellation).ConfigureAwait(false);
            }
            else
            {
                await upload.ReadForm(new MultipartReader(boundary, request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 8192 }, maxBytes, cancellation).ConfigureAwait(false);
            }

            return upload.Length > 0 ? upload : throw Bad("The body has no image; send the bytes of a PNG, JPEG or WebP file, or a form with one file.");
        }
        catch (Exception e) when (e is InvalidDataException or IOException and not BadHttpRequestException)
        {
            upload.Dispose();
            throw Bad("The form is broken or cut short; send multipart/form-data with one file.");
        }
        catch
        {
            upload.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Return(_buffer);
        _buffer = [];
        _budget.Give(_charged);
        _charged = 0;
        Length = 0;
    }

    /// <summary>The boundary of a form; null for a bare file.</summary>
    private static string? CheckType(HttpRequest request)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw Unsupported($"Bodies are taken as they are, found Content-Encoding '{encoding}'; images are compressed already.");
        }

        // Clients that are told nothing say that bytes are a form in the older way (curl --data-binary), or say nothing.
        string? type = request.ContentType;
        if (string.IsNullOrEmpty(type))
        {
            return null;
        }

        if (!MediaTypeHeaderValue.TryParse(type, out MediaTypeHeaderValue? parsed))
        {
            throw Unsupported($"The Content-Type '{type}' cannot be read; send image/png, image/jpeg, image/webp, application/octet-stream or multipart/form-data.");
        }

        if (parsed.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            string boundary = HeaderUtilities.RemoveQuotes(parsed.Boundary).ToString();
            return boundary.Length is > 0 and <= 70 ? boundary : throw Bad("The form has no boundary of 1 to 70 characters in its Content-Type; let your client write that header.");
        }

        bool isFile = parsed.Type.Equals("image", StringComparison.OrdinalIgnoreCase)
            || parsed.MediaType.Equals("application/octet-stream", StringComparison.OrdinalIgnoreCase)
            || parsed.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
        return isFile ? null : throw Unsupported($"A body of type '{parsed.MediaType}' is no image; send image/png, image/jpeg, image/webp, application/octet-stream or multipart/form-data.");
    }

    private async Task ReadForm(MultipartReader form, long maxBytes, CancellationToken cancellation)
    {
        bool found = false;
        for (int parts = 1; await form.ReadNextSectionAsync(cancellation).ConfigureAwait(false) is { } part; parts++)
        {
            if (parts > MaxParts)
            {
                throw Bad($"The form has more than {MaxParts} parts; send one file, and the field model if you like.");
            }

            if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out ContentDispositionHeaderValue? disposition))
            {
                throw Bad("A part of the form has no Content-Disposition; send multipart/form-data with one file.");
            }

            string name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
            if (disposition.FileName.HasValue || disposition.FileNameStar.HasValue)
            {
                if (found)
                {
                    throw Bad("The form has more than one file; send one image a request.");
                }

                found = true;
                await Fill(part.Body, maxBytes, null, cancellation).ConfigureAwait(false);
            }
            else if (name == "model")
            {
                Model = await ReadName(part.Body, cancellation).ConfigureAwait(false);
            }
            else
            {
                throw Bad($"The form has a field '{name}' that is no file; there is model, and other parameters go into the address.");
            }
        }
    }

    private static async Task<string> ReadName(Stream body, CancellationToken cancellation)
    {
        byte[] bytes = new byte[MaxNameLength + 1];
        int length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return length <= MaxNameLength ? System.Text.Encoding.UTF8.GetString(bytes, 0, length) : throw Bad($"The name of a model has at most {MaxNameLength} bytes.");
    }

    /// <summary>Reads a stream to its end. The buffer grows with what has arrived, and not at once to what was announced.</summary>
    private async Task Fill(Stream body, long maxBytes, long? announced, CancellationToken cancellation)
    {
        Length = 0;
        while (Length != announced)
        {
            if (Length == _buffer.Length)
            {
                // One byte more than allowed shows that a body is too long.
                Grow(announced ?? maxBytes + 1);
            }

            int read = await body.ReadAsync(_buffer.AsMemory(Length), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            Length += read;
            if (Length > maxBytes)
            {
                throw TooLarge(maxBytes);
            }
        }
    }

    private void Grow(long most)
    {
        int wanted = (int)Math.Min(Math.Max(FirstBuffer, 2L * _buffer.Length), Math.Min(most, Array.MaxLength));
        byte[] larger = wanted > LargestPooled ? GC.AllocateUninitializedArray<byte>(wanted) : ArrayPool<byte>.Shared.Rent(wanted);
        if (!_budget.TryTake(larger.Length))
        {
            Return(larger);
            throw new ProblemException(StatusCodes.Status429TooManyRequests, "The bodies of the requests under way take all memory that is for them; try again later.", retryAfter: 1);
        }

        _buffer.AsSpan(0, Length).CopyTo(larger);
        Return(_buffer);
        _budget.Give(_charged);
        (_buffer, _charged) = (larger, larger.Length);
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length is > 0 and <= LargestPooled)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static ProblemException TooLarge(long maxBytes) =>
        new(StatusCodes.Status413PayloadTooLarge, FormattableString.Invariant($"The body has more than {maxBytes} bytes, the limit; send a smaller or better compressed image."));

    private static ProblemException Unsupported(string detail) => new(StatusCodes.Status415UnsupportedMediaType, detail);

    private static ProblemException Bad(string detail) => new(StatusCodes.Status400BadRequest, detail);
}

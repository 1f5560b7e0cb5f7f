using System.Diagnostics;
using System.Globalization;
using FcnSharp.Imaging;
using FcnSharp.Inference;
using FcnSharp.Server.Models;
using FcnSharp.Server.Telemetry;
using FcnSharp.Server.Work;
using FcnSharp.Tensors;
using Microsoft.AspNetCore.Http;

namespace FcnSharp.Server.Api;

/// <summary>POST /v1/segment: receives an image, has it computed in its turn, and answers.</summary>
internal sealed class SegmentEndpoint(ServerOptions options, ServedModels models, ServerWork work, ServerMetrics metrics)
{
    /// <summary>What messages call the image: requests give no name that could be trusted.</summary>
    private const string Image = "the image";

    /// <summary>The pixels, and a class for each.</summary>
    private const int BytesPerPixel = 3 + 2;

    private readonly ImageReader _reader = ImageReader.Default.WithMaxPixels(options.MaxPixels);

    /// <summary>Handles a request.</summary>
    public async Task Handle(HttpContext context)
    {
        if (!work.Lifecycle.IsReady || !work.Lifecycle.TryBegin())
        {
            throw new ProblemException(InfoEndpoints.NotReady(work.Lifecycle));
        }

        try
        {
            using Deadline deadline = new(context.RequestAborted, work.Lifecycle.Abort);
            await Handle(context, deadline).ConfigureAwait(false);
        }
        finally
        {
            work.Lifecycle.End();
        }
    }

    private async Task Handle(HttpContext context, Deadline deadline)
    {
        try
        {
            await Segment(context, deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!deadline.ClientIsGone && deadline.Token.IsCancellationRequested)
        {
            throw new ProblemException(Late(deadline.Phase));
        }
    }

    private async Task Segment(HttpContext context, Deadline deadline)
    {
        SegmentQuery query = SegmentQuery.Read(context.Request.Query);
        AnswerKind kind = AnswerKind.Choose(context.Request.Headers.Accept, query.View);
        ServedModel model = Find(query.Model);

        // Before the body is read: a client that is refused need not send it.
        if (work.Places.AreFull)
        {
            throw Full();
        }

        RequestRecord record = new() { Model = model.Name };
        context.Items[typeof(RequestRecord)] = record;
        using ImageUpload upload = await Receive(context.Request, deadline, record).ConfigureAwait(false);
        if (upload.Model is { } named)
        {
            model = query.Model is null || query.Model == named ? Find(named) : throw Bad($"The address names the model '{query.Model}' and the form '{named}'; name one.");
            record.Model = model.Name;
        }

        ImageInfo info = ReadHeader(upload, record);
        using WaitingPlace place = work.Places.TryTake() ?? throw Full();
        long wait = Stopwatch.GetTimestamp();
        deadline.Begin(Phase.Queue, options.QueueTimeout);
        SegmentationAnswer answer = new(query, kind, model);
        long held = (long)info.Width * info.Height * (BytesPerPixel + answer.BytesPerPixel);
        await work.Images.Take(held, deadline.Token).ConfigureAwait(false);
        try
        {
            RgbImage pixels = await Decode(upload, deadline, record).ConfigureAwait(false);
            upload.Dispose();
            Segmentation result = await Compute(model, pixels, answer.NeedsConfidence, place, wait, deadline, record).ConfigureAwait(false);
            deadline.Finish();
            EncodedAnswer encoded = Encode(answer, pixels, result, record);

            // Pixels are no longer needed, and a client that reads slowly must not keep their memory.
            long kept = Math.Min(held, encoded.Length);
            work.Images.Give(held - kept);
            held = kept;
            Count(info, record);
            await encoded.Send(context, model.Name, record).ConfigureAwait(false);
        }
        finally
        {
            work.Images.Give(held);
        }
    }

    private async Task<ImageUpload> Receive(HttpRequest request, Deadline deadline, RequestRecord record)
    {
        long start = Stopwatch.GetTimestamp();
        deadline.Begin(Phase.Body, options.BodyTimeout);
        ImageUpload upload = await ImageUpload.Read(request, options.MaxBodyBytes, work.Bodies, deadline.Token).ConfigureAwait(false);
        record.Add(Phase.Body, Stopwatch.GetElapsedTime(start));
        record.Bytes = upload.Length;
        metrics.Body(upload.Length);
        return upload;
    }

    private ImageInfo ReadHeader(ImageUpload upload, RequestRecord record)
    {
        ReadOnlySpan<byte> file = upload.File.Span;
        IImageDecoder? decoder = DecoderOf(file[..Math.Min(file.Length, 16)]);
        if (decoder is not null && NativeCodec.All.FirstOrDefault(c => c.Format == decoder.Format && !c.IsInstalled) is { } missing)
        {
            throw new ProblemException(StatusCodes.Status415UnsupportedMediaType, $"This server cannot read {missing.Format}, because {missing.Name} is not installed there; send a PNG.");
        }

        ImageInfo info;
        try
        {
            info = _reader.ReadInfo(file, Image);
        }
        catch (FcnSharpException e)
        {
            throw new ProblemException(decoder is null ? StatusCodes.Status415UnsupportedMediaType : StatusCodes.Status400BadRequest, e.Message);
        }

        (record.Width, record.Height) = (info.Width, info.Height);
        long pixels = (long)info.Width * info.Height;
        return pixels <= options.MaxPixels ? info : throw new ProblemException(
            StatusCodes.Status413PayloadTooLarge,
            string.Create(CultureInfo.InvariantCulture, $"The image has {info.Width}x{info.Height} = {pixels} pixels, the limit is {options.MaxPixels}; send a smaller one."));
    }

    private IImageDecoder? DecoderOf(ReadOnlySpan<byte> head)
    {
        foreach (IImageDecoder decoder in _reader.Decoders)
        {
            if (decoder.Recognizes(head))
            {
                return decoder;
            }
        }

        return null;
    }

    private async Task<RgbImage> Decode(ImageUpload upload, Deadline deadline, RequestRecord record)
    {
        await work.Decoders.WaitAsync(deadline.Token).ConfigureAwait(false);
        long start = Stopwatch.GetTimestamp();
        try
        {
            return _reader.Read(upload.File.Span, Image);
        }
        catch (FcnSharpException e)
        {
            throw Bad(e.Message);
        }
        finally
        {
            work.Decoders.Release();
            record.Add(Phase.Decode, Stopwatch.GetElapsedTime(start));
        }
    }

    private async Task<Segmentation> Compute(ServedModel model, RgbImage pixels, bool confidence, WaitingPlace place, long wait, Deadline deadline, RequestRecord record)
    {
        string outcome = "failed";
        long start = 0;
        void Begin()
        {
            deadline.Begin(Phase.Compute, options.ComputeTimeout);
            place.Dispose();
            record.Add(Phase.Queue, Stopwatch.GetElapsedTime(wait) - TimeSpan.FromMilliseconds(record.Milliseconds[(int)Phase.Decode]));
            start = Stopwatch.GetTimestamp();
        }

        try
        {
            Segmentation result = SmallImages.Fits(pixels)
                ? await work.SmallImages.Segment(model, pixels, confidence, Begin, deadline.Token).ConfigureAwait(false)
                : await work.Compute.Run(
                    () =>
                    {
                        Begin();
                        return model.Segment(pixels, confidence, deadline.Token);
                    },
                    deadline.Token).ConfigureAwait(false);
            record.Add(Phase.Compute, Stopwatch.GetElapsedTime(start));
            outcome = "done";
            return result;
        }
        catch (OperationCanceledException)
        {
            outcome = deadline.ClientIsGone ? "cancelled" : "late";
            throw;
        }
        catch (Exception e) when (e is FcnSharpException or OutOfMemoryException)
        {
            string reason = e is OutOfMemoryException ? "there is not enough memory; send a smaller image." : e.Message;
            throw new ProblemException(
                StatusCodes.Status422UnprocessableEntity,
                string.Create(CultureInfo.InvariantCulture, $"The image of {pixels.Width}x{pixels.Height} pixels cannot be segmented: {reason}"));
        }
        finally
        {
            metrics.Segmentation(model.Name, outcome);
        }
    }

    private static EncodedAnswer Encode(SegmentationAnswer answer, RgbImage pixels, Segmentation result, RequestRecord record)
    {
        try
        {
            return answer.Encode(pixels, result, record);
        }
        catch (FcnSharpException e)
        {
            throw new ProblemException(StatusCodes.Status422UnprocessableEntity, e.Message);
        }
        catch (OutOfMemoryException)
        {
            throw new ProblemException(StatusCodes.Status422UnprocessableEntity, "The answer needs more memory than there is; ask for less, or for a PNG.");
        }
    }

    private void Count(ImageInfo info, RequestRecord record)
    {
        metrics.Pixels((long)info.Width * info.Height);
        foreach (Phase phase in Enum.GetValues<Phase>())
        {
            metrics.PhaseTook(phase, TimeSpan.FromMilliseconds(record.Milliseconds[(int)phase]));
        }
    }

    private ServedModel Find(string? name) => models.Find(name)
        ?? throw new ProblemException(StatusCodes.Status404NotFound, $"There is no model '{name}'; there are {string.Join(", ", models.All.Select(m => m.Name))}.");

    private ProblemException Full() => new(
        StatusCodes.Status429TooManyRequests,
        string.Create(CultureInfo.InvariantCulture, $"{work.Places.Limit} images wait already, the limit; try again later."),
        retryAfter: 1);

    private Problem Late(Phase phase)
    {
        if (work.Lifecycle.Abort.IsCancellationRequested)
        {
            return new Problem(StatusCodes.Status503ServiceUnavailable, "The server is shutting down and cannot finish this image.");
        }

        return phase switch
        {
            Phase.Body => new Problem(StatusCodes.Status408RequestTimeout, string.Create(CultureInfo.InvariantCulture, $"The body did not arrive within {options.BodyTimeout.TotalSeconds} seconds.")),
            Phase.Queue => new Problem(StatusCodes.Status503ServiceUnavailable, string.Create(CultureInfo.InvariantCulture, $"The image waited {options.QueueTimeout.TotalSeconds} seconds and was not computed; try again later."), RetryAfter: 5),
            _ => new Problem(StatusCodes.Status503ServiceUnavailable, string.Create(CultureInfo.InvariantCulture, $"The image was not computed within {options.ComputeTimeout.TotalSeconds} seconds; send a smaller one.")),
        };
    }

    private static ProblemException Bad(string detail) => new(StatusCodes.Status400BadRequest, detail);
}

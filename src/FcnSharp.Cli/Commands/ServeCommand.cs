using System.CommandLine;
using System.Net;
using FcnSharp.Cli.Hosting;
using FcnSharp.Server;
using FcnSharp.Tensors;
using FcnSharp.Tensors.Devices;

namespace FcnSharp.Cli.Commands;

/// <summary>`fcn serve`: models behind an HTTP API and a page.</summary>
internal sealed class ServeCommand : Verb
{
    /// <summary>The key comes from here or from a file: arguments can be seen by every user of the machine.</summary>
    private const string KeyVariable = "FCN_API_KEY";

    private static readonly ServerOptions Usual = new();

    private readonly Option<string[]> _models = new("--model") { Description = "A model file, perhaps under another name: NAME=FILE; may be repeated, the first is the default. The street scene model that comes with fcn if not given.", HelpName = "[name=]file" };
    private readonly Option<string> _host = new("--host") { Description = "The IP address to listen on; * for all.", HelpName = "address", DefaultValueFactory = _ => Usual.Host };
    private readonly Option<int> _port = Numbers.WholeNumber("--port", "The port to listen on; 0 for any that is free.", Usual.Port, 0, IPEndPoint.MaxPort);
    private readonly Option<string[]> _hostNames = new("--host-name") { Description = "A name that this machine goes by, such as fcn.example.com, beside localhost and its addresses; may be repeated.", HelpName = "name" };
    private readonly Option<string[]> _origins = new("--allow-origin") { Description = "A site whose pages may use the server, such as https://app.example.com, or * for all; may be repeated.", HelpName = "origin" };
    private readonly Option<int> _maxBody = Numbers.WholeNumber("--max-body", "The most MiB of a request's body.", (int)(Usual.MaxBodyBytes >> 20), 1, 1024);
    private readonly Option<int> _maxPixels = Numbers.WholeNumber("--max-pixels", "The most pixels of an image.", (int)Usual.MaxPixels, 1);
    private readonly Option<int> _queue = Numbers.WholeNumber("--queue", "How many images may wait; further ones are refused.", Usual.QueueLength, 1, 10_000);
    private readonly Option<int> _timeout = Numbers.WholeNumber("--timeout", "How many seconds an image may wait.", (int)Usual.QueueTimeout.TotalSeconds, 1, 3600);
    private readonly Option<int> _deadline = Numbers.WholeNumber("--deadline", "How many seconds an image may be computed.", (int)Usual.ComputeTimeout.TotalSeconds, 1, 3600);
    private readonly Option<string?> _keyFile = new("--api-key-file") { Description = $"A file whose first line is the key that requests have to bring; the variable {KeyVariable} if not given, and no key if that is not set.", HelpName = "file" };
    private readonly Option<string?> _log = Choices.Create("--log", "How requests are logged to standard error: text (the default) or json.", "text", "json");
    private readonly Option<string?> _runs = OutputFolder.Optional("--runs", "A folder of training runs to show on a page.");

    /// <summary>Creates the verb with its options.</summary>
    public ServeCommand()
        : base("serve", "Serve models over HTTP.", "fcn serve --port 8080", "fcn serve --model demo=demo/model.safetensors --runs . --port 9000")
    {
        Add(_models);
        Add(_host);
        Add(_port);
        Add(_hostNames);
        Add(_origins);
        Add(_maxBody);
        Add(_maxPixels);
        Add(_queue);
        Add(_timeout);
        Add(_deadline);
        Add(_keyFile);
        Add(_log);
        Add(_runs);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult parsed, CommandContext context)
    {
        ServerOptions options = new()
        {
            Models = Models(parsed),
            Host = parsed.GetValue(_host)!,
            Port = parsed.GetValue(_port),
            HostNames = parsed.GetValue(_hostNames) ?? [],
            AllowedOrigins = parsed.GetValue(_origins) ?? [],
            MaxBodyBytes = (long)parsed.GetValue(_maxBody) << 20,
            MaxPixels = parsed.GetValue(_maxPixels),
            QueueLength = parsed.GetValue(_queue),
            QueueTimeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            ComputeTimeout = TimeSpan.FromSeconds(parsed.GetValue(_deadline)),
            ApiKey = Key(parsed.GetValue(_keyFile)),
            RunsFolder = parsed.GetValue(_runs),
            Log = context.Options.Quiet ? null : context.Terminal.Error,
            LogFormat = parsed.GetValue(_log) == "json" ? LogFormat.Json : LogFormat.Text,
        };
        if (options.ApiKey is null && !IsLocal(options.Host))
        {
            context.Terminal.WriteErrorLine($"warning: {options.Host} can be reached from other machines, and requests need no key; give one by {KeyVariable} or --api-key-file");
        }

        using IDevice device = Devices.Open(context.Options);
        SegmentationServer.Run(options, device, context.Output.WriteLine, context.Stop).GetAwaiter().GetResult();
        return ExitCodes.Success;
    }

    private IReadOnlyList<ModelSource> Models(ParseResult parsed) => parsed.GetValue(_models) is { Length: > 0 } given
        ? [.. given.Select(Model)]
        : [ModelSource.Of(ModelOption.Shipped())];

    /// <summary>A file's own name may have the sign.</summary>
    private static ModelSource Model(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 || File.Exists(text) ? ModelSource.Of(text) : new ModelSource(text[..equals], text[(equals + 1)..]);
    }

    private static string? Key(string? file)
    {
        if (file is null)
        {
            return Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key ? key : null;
        }

        return File.ReadLines(file).FirstOrDefault()?.Trim() is { Length: > 0 } line
            ? line
            : throw new FcnSharpException($"{file}: expected the API key on the first line, found none; make one by: openssl rand -hex 32");
    }

    private static bool IsLocal(string host) => host == "localhost" || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
}

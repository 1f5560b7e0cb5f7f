using FcnSharp.Cli;
using FcnSharp.Cli.Hosting;

return FcnCommandLine.Run(args, Terminal.OfProcess());

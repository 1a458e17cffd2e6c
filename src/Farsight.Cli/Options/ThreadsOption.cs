using System.CommandLine;
using Farsight.Engine.Memory;

namespace Farsight.Cli.Options;

/// <summary><c>--threads</c>, the same for every command that computes.</summary>
sealed class ThreadsOption : Option<int?>
{
    internal ThreadsOption()
        : base("--threads")
    {
        Description = "Threads to compute with; by default one a processor. Results do not depend on it.";
        Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1)
            {
                result.AddError("--threads: use 1 or more.");
            }
        });
    }

    /// <summary>Sets the threads of this process, where the option was given.</summary>
    internal void Apply(ParseResult parse) => Workers.Threads = parse.GetValue(this) ?? Workers.Threads;
}

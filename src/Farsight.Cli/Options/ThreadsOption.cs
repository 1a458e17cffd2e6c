using System.CommandLine;
using Farsight.Engine.Memory;

namespace Farsight.Cli.Options;

/// <summary>Represents <c>--threads</c>, the same for every command that computes.</summary>
sealed class ThreadsOption : Option<int?>
{
    // Far more threads than processors spend their time waiting for each other.
    static readonly int s_most = Math.Max(64, 4 * Environment.ProcessorCount);

    internal ThreadsOption()
        : base("--threads")
    {
        Description = "Number of compute threads; results do not depend on it. Default: one per processor.";
        Validators.Add(result =>
        {
            // A value that is no number gets its own message.
            if (result.Tokens is [var token] && int.TryParse(token.Value, out int threads) && (threads < 1 || threads > s_most))
            {
                result.AddError($"--threads: use 1 to {s_most}; more threads than processors do not help.");
            }
        });
    }

    /// <summary>Sets the number of threads of this process if the option was given.</summary>
    internal void Apply(ParseResult parse) => Workers.Threads = parse.GetValue(this) ?? Workers.Threads;
}

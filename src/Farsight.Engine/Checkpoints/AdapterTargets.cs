using System.Globalization;
using System.Text.RegularExpressions;

namespace Farsight.Engine.Checkpoints;

/// <summary>Determines the layers that an adapter changes, with their rank and scale, by PEFT's matching rules.</summary>
/// <remarks>
/// A name in a list matches a module of that name, and one whose name ends with a dot and that name. A regular expression must match the
/// whole name; a key of a pattern matches the whole name or its end after a dot. Expressions come from files, so they run without
/// backtracking, in time linear in the name.
/// </remarks>
sealed class AdapterTargets
{
    internal const string AllLinear = "all-linear";

    const string Layers = "model.layers.", Head = "lm_head";
    const int MaxExpression = 20_000;

    readonly AdapterDescription _description;
    readonly string _path;
    readonly Regex? _targets, _excluded;
    readonly (Regex Key, int Rank)[] _ranks;
    readonly (Regex Key, double Alpha)[] _alphas;

    /// <exception cref="InputException">A regular expression is invalid or needs backtracking.</exception>
    internal AdapterTargets(AdapterDescription description, string path)
    {
        (_description, _path) = (description, path);
        _targets = description.TargetPattern is null or AllLinear ? null : Expression(description.TargetPattern, "target_modules", path);
        _excluded = description.ExcludedPattern is { } excluded ? Expression(excluded, "exclude_modules", path) : null;
        _ranks = [.. description.RankPattern.Select(p => (Expression($@"(.*\.)?({p.Key})", "rank_pattern", path), p.Value))];
        _alphas = [.. description.AlphaPattern.Select(p => (Expression($@"(.*\.)?({p.Key})", "alpha_pattern", path), p.Value))];
    }

    /// <summary>Returns whether a linear layer is changed.</summary>
    /// <param name="module">"model.layers.0.self_attn.q_proj".</param>
    internal bool Cover(string module) =>
        IsTarget(module) && !Named(_description.Excluded, module) && _excluded?.IsMatch(module) != true && InLayers(module);

    internal int RankOf(string module) =>
        _ranks.Where(p => p.Key.IsMatch(module)).Select(p => (int?)p.Rank).FirstOrDefault() ?? _description.Rank;

    internal float ScaleOf(string module)
    {
        double alpha = _alphas.Where(p => p.Key.IsMatch(module)).Select(p => (double?)p.Alpha).FirstOrDefault() ?? _description.Alpha;
        int rank = RankOf(module);
        return (float)(alpha / (_description.RankStabilized ? Math.Sqrt(rank) : rank));
    }

    /// <summary>Returns a notice for each setting that matches none of the updated layers and therefore has no effect.</summary>
    /// <remarks>PEFT ignores such settings without a warning, so the adapter was not trained as its author intended.</remarks>
    /// <param name="modules">Names of the layers that the adapter updates.</param>
    internal IEnumerable<string> Unmatched(IReadOnlyList<string> modules)
    {
        string none = $"matches none of the {modules.Count} layers that the adapter updates and has no effect.";
        IEnumerable<string> Keys(string name, IEnumerable<(string Text, Regex Expression)> keys) => keys
            .Where(k => !modules.Any(k.Expression.IsMatch))
            .Select(k => $"{_path}: the key {k.Text} of {name} {none}");
        return
        [
            .. Keys("rank_pattern", _description.RankPattern.Zip(_ranks, (p, r) => (p.Key, r.Key))),
            .. Keys("alpha_pattern", _description.AlphaPattern.Zip(_alphas, (p, a) => (p.Key, a.Key))),
            .. _description.Targets.Where(t => !modules.Any(m => Named([t], m)))
                .Select(t => $"{_path}: the module {t} of target_modules {none}"),
        ];
    }

    bool IsTarget(string module) => _description.TargetPattern switch
    {
        null => Named(_description.Targets, module),
        AllLinear => module != Head,
        _ => _targets!.IsMatch(module),
    };

    static bool Named(IReadOnlyList<string> names, string module) =>
        names.Any(n => module == n || module.EndsWith("." + n, StringComparison.Ordinal));

    bool InLayers(string module) => _description.Layers is null
        || module.StartsWith(Layers, StringComparison.Ordinal)
        && int.TryParse(module[Layers.Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
        && _description.Layers.Contains(layer);

    static Regex Expression(string text, string key, string path)
    {
        try
        {
            return text.Length <= MaxExpression
                ? new($@"\A(?:{text})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)
                : throw new InputException(
                    $"{path}: an expression in {key} has {text.Length} characters, but the maximum is {MaxExpression}; "
                    + "name the modules in a list.");
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            string problem = e is NotSupportedException
                ? "uses look-around, a back-reference or an atomic group, which are not supported"
                : "is not a valid regular expression";
            throw new InputException(
                $"{path}: the expression {(text.Length > 60 ? text[..60] + "…" : text)} in {key} {problem}; name the modules instead.", e);
        }
    }
}

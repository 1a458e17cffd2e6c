namespace Farsight.Text.Templates;

/// <summary>Evaluates tests, which follow "is".</summary>
static class TemplateTests
{
    internal static IReadOnlyDictionary<string, Func<TemplateCall, bool>> All { get; } =
        new Dictionary<string, Func<TemplateCall, bool>>(StringComparer.Ordinal)
        {
            ["defined"] = c => c.Subject is not TemplateUndefined,
            ["undefined"] = c => c.Subject is TemplateUndefined,
            ["none"] = c => c.Subject is null,
            ["boolean"] = c => c.Subject is bool,
            ["true"] = c => c.Subject is true,
            ["false"] = c => c.Subject is false,
            ["integer"] = c => c.Subject is long,
            ["float"] = c => c.Subject is double,
            ["number"] = c => PythonMath.TryNumber(c.Subject, out _),
            ["string"] = c => c.Subject is MarkedText,
            ["mapping"] = c => c.Subject is TemplateDict,
            ["sequence"] = c => c.Subject is MarkedText or TemplateList or TemplateDict or TemplateUndefined,
            ["iterable"] = c => c.Subject is MarkedText or TemplateList or TemplateDict or TemplateUndefined,
            ["callable"] = c => c.Subject is TemplateFunction or TemplateUndefined,
            ["even"] = c => Remainder(c, 2) == 0,
            ["odd"] = c => Remainder(c, 2) != 0,
            ["divisibleby"] = c => Remainder(c, c.Integer(1, "num")) == 0,
            ["lower"] = c => PythonCase.IsLower(PythonText.Text(c.Subject, c.Run, c.Line).Value),
            ["upper"] = c => PythonCase.IsUpper(PythonText.Text(c.Subject, c.Run, c.Line).Value),
            ["sameas"] = c => ReferenceEquals(c.Subject, Other(c)) || (c.Subject is bool or long && Equals(c.Subject, Other(c))),
            ["in"] = c => PythonMath.Contains(c.Subject, Other(c), c.Run, c.Line),
            ["eq"] = IsEqual,
            ["equalto"] = IsEqual,
            ["ne"] = c => !IsEqual(c),
            ["lt"] = c => Order(c) < 0,
            ["lessthan"] = c => Order(c) < 0,
            ["le"] = c => Order(c) <= 0,
            ["gt"] = c => Order(c) > 0,
            ["greaterthan"] = c => Order(c) > 0,
            ["ge"] = c => Order(c) >= 0,
            ["filter"] = c => c.Subject is MarkedText name && TemplateFilters.All.ContainsKey(name.Value),
            ["test"] = c => c.Subject is MarkedText name && IsKnown(name.Value),
        };

    static bool IsKnown(string name) => All.ContainsKey(name);

    static object? Other(TemplateCall call) =>
        call.Arguments.Count == 2 ? call.Arguments[1] : throw call.Error("needs one value to compare with");

    static bool IsEqual(TemplateCall call) => PythonMath.AreEqual(call.Subject, Other(call), call.Run, call.Line);

    static int Order(TemplateCall call) => PythonMath.Compare(call.Subject, Other(call), call.Run, call.Line);

    static long Remainder(TemplateCall call, long divisor) =>
        PythonTypes.TryInteger(call.Subject, out long n) && divisor > 0
            ? ((n % divisor) + divisor) % divisor
            : throw call.Error("needs integers");
}

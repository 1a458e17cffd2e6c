using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Farsight.Mutation;

/// <summary>Represents a part of the code whose mutants are tested, and the files of its measurement.</summary>
sealed class Area
{
    readonly string _folder;

    /// <param name="config">Stryker.NET's configuration, whose project and test filter are used.</param>
    /// <param name="folder">Folder with Stryker.NET's report. Coverage, results and survivors are written there.</param>
    internal Area(string config, string folder)
    {
        JsonNode settings = JsonNode.Parse(File.ReadAllText(config))!["stryker-config"]!;
        Name = Path.GetFileNameWithoutExtension(config);
        Assembly = Path.GetFileNameWithoutExtension((string)settings["project"]!);
        TestFilter = (string)settings["test-case-filter"]!;
        _folder = folder;
    }

    /// <summary>Gets the name of the configuration, such as "masks".</summary>
    internal string Name { get; }

    /// <summary>Gets the name of the mutated assembly.</summary>
    internal string Assembly { get; }

    /// <summary>Gets the tests of the area, as a filter of <c>dotnet test</c>.</summary>
    internal string TestFilter { get; }

    /// <summary>Gets the file with a line per test.</summary>
    internal JsonLines<TestCoverage> Coverage => new(At("coverage.jsonl"));

    /// <summary>Gets the file with a line per result. The last line of a mutant counts.</summary>
    internal JsonLines<MutantResult> Results => new(At("results.jsonl"));

    /// <summary>Gets the file with the number of the mutant being tested. It stays if the mutant ends the process.</summary>
    internal string CurrentMutantFile => At("current");

    /// <summary>Gets the file with the list of surviving mutants.</summary>
    internal string SurvivorsFile => At("survivors.txt");

    /// <summary>Reads the mutants that Stryker.NET compiled and the configuration does not ignore.</summary>
    internal IReadOnlyList<Mutant> Mutants()
    {
        using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(At("reports/mutation-report.json")));
        return
        [
            .. from file in report.RootElement.GetProperty("files").EnumerateObject()
               let source = file.Value.GetProperty("source").GetString()!.Split('\n')
               from mutant in file.Value.GetProperty("mutants").EnumerateArray()
               where mutant.GetProperty("status").GetString() is not ("Ignored" or "CompileError")
               select Read(Path.GetFileName(file.Name), source, mutant) into read
               orderby read.File, read.Line, read.Id
               select read,
        ];
    }

    static Mutant Read(string file, string[] source, JsonElement mutant)
    {
        JsonElement start = mutant.GetProperty("location").GetProperty("start"), end = mutant.GetProperty("location").GetProperty("end");
        int line = start.GetProperty("line").GetInt32(), column = start.GetProperty("column").GetInt32() - 1;
        string original = line == end.GetProperty("line").GetInt32()
            ? source[line - 1][column..(end.GetProperty("column").GetInt32() - 1)]
            : $"{source[line - 1][column..].TrimEnd()} …";
        string[] words = mutant.GetProperty("replacement").GetString()!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        int id = int.Parse(mutant.GetProperty("id").GetString()!, CultureInfo.InvariantCulture);
        return new(id, file, line, original, string.Join(' ', words));
    }

    string At(string name) => Path.Combine(_folder, name);
}

/// <summary>Represents a change of the code.</summary>
/// <param name="Id">Stryker.NET's number.</param>
/// <param name="File">Name of the source file.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Original">The replaced code.</param>
/// <param name="Replacement">The code that replaces it.</param>
sealed record Mutant(int Id, string File, int Line, string Original, string Replacement);

/// <summary>Represents the mutants that a test reaches.</summary>
/// <param name="Test">xunit's identifier of the test.</param>
/// <param name="Seconds">Processor time without a mutant, in seconds.</param>
/// <param name="Mutants">Numbers of the mutants in code that the test executes each time.</param>
/// <param name="Once">Numbers of the mutants in code that is executed once per process, such as static initializers.</param>
sealed record TestCoverage(string Test, double Seconds, IReadOnlyList<int> Mutants, IReadOnlyList<int> Once);

/// <summary>Represents the result of a mutant.</summary>
/// <param name="Id">Number of the mutant.</param>
/// <param name="Status">Whether a test noticed it.</param>
/// <param name="Test">The test that noticed it, and its message.</param>
sealed record MutantResult(int Id, MutantStatus Status, string? Test = null);

/// <summary>Whether a test noticed a mutant.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MutantStatus>))]
enum MutantStatus
{
    /// <summary>A test failed, or the process ended.</summary>
    Killed,

    /// <summary>A test needed much more time than without the mutant.</summary>
    TimedOut,

    /// <summary>All tests that reach the mutant passed.</summary>
    Survived,

    /// <summary>No test reaches the mutant.</summary>
    NotCovered,

    /// <summary>Not yet known: the mutant is in code that is executed once per process, and needs a process of its own.</summary>
    NeedsOwnProcess,
}

/// <summary>Represents a file with one JSON value per line, to which several processes append one after the other.</summary>
sealed class JsonLines<T>(string path)
{
    internal bool Exists => File.Exists(path);

    internal IReadOnlyList<T> Read() =>
        Exists ? [.. File.ReadLines(path).Select(line => JsonSerializer.Deserialize<T>(line)!)] : [];

    internal void Delete() => File.Delete(path);

    internal void Append(T value) => File.AppendAllText(path, JsonSerializer.Serialize(value) + "\n");

    internal void Write(IEnumerable<T> values)
    {
        // A coverage file is complete or absent: an incomplete one would hide tests.
        File.WriteAllLines(path + ".part", values.Select(value => JsonSerializer.Serialize(value)));
        File.Move(path + ".part", path, overwrite: true);
    }
}

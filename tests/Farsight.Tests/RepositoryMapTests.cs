using System.Text.RegularExpressions;

namespace Farsight.Tests;

/// <summary>What README and docs say about the repository, compared with the disk.</summary>
public sealed partial class RepositoryMapTests
{
    static readonly string[] s_documents =
    [
        .. new[] { "README.md", "CONTRIBUTING.md", "CHANGELOG.md" }
            .Concat(Directory.GetFiles(At("docs"), "*.md").Select(f => Path.GetRelativePath(Repository.Root, f)))
            .Order(),
    ];

    /// <summary>Folders two levels below src/, as "src/Farsight.Engine/Kernels".</summary>
    static readonly string[] s_rooms =
    [
        .. from project in Directory.GetDirectories(At("src"))
           from room in Directory.GetDirectories(project)
           where Directory.EnumerateFiles(room, "*.cs", SearchOption.AllDirectories).Any()
           let name = Path.GetRelativePath(Repository.Root, room).Replace('\\', '/')
           where !name.EndsWith("/bin", StringComparison.Ordinal) && !name.EndsWith("/obj", StringComparison.Ordinal)
           select name,
    ];

    [Fact]
    public void Every_path_in_the_tree_of_the_README_exists() => Assert.DoesNotContain(TreePaths(), p => !Path.Exists(At(p)));

    [Fact]
    public void Every_room_is_in_the_tree_of_the_README() => Assert.Empty(s_rooms.Except(TreePaths())); // add a line to README.md

    [Fact]
    public void Every_tool_and_every_folder_of_tests_is_in_the_tree_of_the_README()
    {
        IEnumerable<string> tools = Directory.GetFiles(At("tools")).Where(f => Path.GetExtension(f).Length == 0)
            .Concat(Directory.GetDirectories(At("tests"))).Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'));
        Assert.Empty(tools.Except(TreePaths())); // add a line to README.md
    }

    [Fact]
    public void Every_page_is_in_the_index_of_the_docs()
    {
        IEnumerable<string> pages = Directory.GetFiles(At("docs"), "*.md").Select(f => Path.GetFileName(f)!);

        Assert.Empty(pages.Except(Markdown.LocalLinks(Read("docs/README.md"))).Except(["README.md"])); // add a row to docs/README.md
        Assert.Contains("docs/README.md", Markdown.LocalLinks(Read("README.md")));
    }

    [Fact]
    public void Every_room_is_linked_in_the_architecture()
    {
        IEnumerable<string> linked = Markdown.LocalLinks(Read("docs/architecture.md")).Select(l => l["../".Length..].TrimEnd('/'));
        Assert.Empty(s_rooms.Except(linked)); // add a row to docs/architecture.md
    }

    [Fact]
    public void Every_link_into_the_repository_leads_somewhere()
    {
        string[] dead =
        [
            .. from document in s_documents
               from link in Markdown.LocalLinks(Read(document))
               where !Path.Exists(Path.Combine(At(document), "..", link))
               select $"{document}: {link}",
        ];
        Assert.Empty(dead);
        Assert.True(s_documents.Sum(d => Markdown.LocalLinks(Read(d)).Count()) > 20);
    }

    [Fact]
    public void The_architecture_tells_who_may_use_whom_as_it_is_enforced()
    {
        string section = Read("docs/architecture.md").Split("\n## Dependencies between rooms\n")[1].Split("\n## ")[0];
        Dictionary<string, string> told = Markdown.Rows(section, columns: 2)
            .Where(r => r[0] != "Room").ToDictionary(r => r[0], r => r[1]);

        Assert.Equal(
            ArchitectureTests.MayUse.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key}: {Sorted(r.Value)}"),
            told.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key}: {Sorted(r.Value.Split(", "))}"));
    }

    [Fact]
    public void Every_package_is_used_and_explained()
    {
        string[] packages = [.. Package().Matches(Read("Directory.Packages.props")).Select(m => m.Groups[1].Value)];
        string projects = Read("src/Directory.Build.props") + Read("src/Farsight.Torch/Libtorch.targets")
            + string.Concat(ProjectsIn("src").Concat(ProjectsIn("tests")).Concat(ProjectsIn("bench")).Select(File.ReadAllText));
        string explained = Read("docs/dependencies.md");

        Assert.NotEmpty(packages);
        Assert.DoesNotContain(packages, p => !projects.Contains($"Include=\"{p}\"", StringComparison.Ordinal));
        Assert.DoesNotContain(packages, p => !explained.Contains(p, StringComparison.Ordinal));
    }

    /// <summary>Paths of the README's tree: two spaces of indentation a level, the name first, then what it is.</summary>
    static List<string> TreePaths()
    {
        List<string> paths = [], above = [];
        foreach (string line in Assert.Single(Markdown.Blocks(Read("README.md"), "tree")))
        {
            int level = (line.Length - line.TrimStart().Length) / 2;
            above = [.. above.Take(level), line.Trim().Split(' ')[0].TrimEnd('/')];
            paths.Add(string.Join('/', above));
        }
        return paths;
    }

    static string[] ProjectsIn(string folder) => Directory.GetFiles(At(folder), "*.csproj", SearchOption.AllDirectories);

    static string Sorted(IEnumerable<string> rooms) =>
        string.Join(", ", rooms.Where(r => r is not ("" or "–")).Order(StringComparer.Ordinal));

    static string At(string path) => Path.Combine(Repository.Root, path);

    static string Read(string path) => File.ReadAllText(At(path)).ReplaceLineEndings("\n");

    [GeneratedRegex("PackageVersion Include=\"([^\"]+)\"")]
    private static partial Regex Package();
}

namespace Farsight.Cli.Output;

/// <summary>Files that travel beside the program: the small base model in models/ and the recipes in recipes/.</summary>
static class Bundled
{
    /// <summary>A path as it was given or, where nothing is there, the file or folder of that name beside the program.</summary>
    internal static string Locate(string path)
    {
        string beside = Path.Combine(AppContext.BaseDirectory, path);
        return !Path.Exists(path) && Path.Exists(beside) ? beside : path;
    }
}

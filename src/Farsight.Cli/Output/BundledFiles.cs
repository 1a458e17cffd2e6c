using Farsight.Alignment.Hub;
using Farsight.Engine;

namespace Farsight.Cli.Output;

/// <summary>Locates the bundled files: the small base model in models/ and the recipes in recipes/.</summary>
static class BundledFiles
{
    /// <summary>Returns the path or, if nothing exists there, the bundled file or folder of that name.</summary>
    internal static string Locate(string path)
    {
        if (path.Length == 0)
        {
            throw new InputException("A path is empty; give the path of a model or a recipe.");
        }
        string beside = Path.Combine(AppContext.BaseDirectory, path);
        return !Path.Exists(path) && Path.Exists(beside) ? beside : path;
    }

    /// <summary>
    /// Returns the path of a model or tokenizer: the path itself, the bundled folder of that name, or the snapshot of a name such as
    /// "org/model" in the Hugging Face cache.
    /// </summary>
    /// <exception cref="InputException">The path is a file of another kind, or nothing has that name.</exception>
    internal static string LocateModel(string path)
    {
        string located = Locate(path) is var found && found != path ? found : HubCache.Locate(path, Console.Error.WriteLine);
        FileKind.RefuseOtherThanModel(located);
        return located;
    }
}

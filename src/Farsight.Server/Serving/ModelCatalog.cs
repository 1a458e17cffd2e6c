using System.Collections.Concurrent;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Server.Protocol;

namespace Farsight.Server.Serving;

/// <summary>Represents the served models by name: the base model, its adapters, and those that are loaded while the server runs.</summary>
sealed class ModelCatalog : IDisposable
{
    readonly ServerOptions _options;
    readonly ConcurrentDictionary<string, ServedModel> _models = new(StringComparer.Ordinal);
    readonly SemaphoreSlim _change = new(1);
    readonly string _base;

    /// <summary>Opens the base model and the adapters of the options.</summary>
    /// <exception cref="InputException">A model or an adapter cannot be read, or two have the same name.</exception>
    internal ModelCatalog(ServerOptions options, Action<string>? notice)
    {
        _options = options;
        _base = options.ModelName ?? ModelFiles.NameOf(options.Model);
        try
        {
            _models[_base] = new(_base, options, null, notice);
            foreach (ServedAdapter adapter in options.Adapters)
            {
                if (_models.ContainsKey(adapter.Name))
                {
                    throw new InputException($"Two models have the name {adapter.Name}; give each its own.");
                }
                _models[adapter.Name] = new(adapter.Name, options, adapter.Directory, notice);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The models: the base model first, and then the adapters by name.</summary>
    internal IReadOnlyList<ServedModel> Models =>
        [.. _models.Values.OrderBy(m => m.IsAdapter).ThenBy(m => m.Name, StringComparer.Ordinal)];

    internal ServedModel Base => _models[_base];

    /// <summary>Returns a model by name.</summary>
    /// <exception cref="ApiException">No model has the name.</exception>
    internal ServedModel Find(string name) => _models.TryGetValue(name, out ServedModel? model)
        ? model
        : throw new ApiException(
            404,
            $"The model '{(name.Length > 200 ? name[..200] + "…" : name)}' does not exist; the served models are "
                + $"{string.Join(", ", Models.Select(m => m.Name))}.",
            "model",
            "model_not_found");

    /// <summary>Returns a model by name and keeps it loaded.</summary>
    /// <param name="name">The name.</param>
    /// <param name="use">Dispose it when the model is no longer used.</param>
    internal ServedModel Use(string name, out IDisposable use)
    {
        ServedModel model = Find(name);
        use = model.Use() ?? throw new ApiException(
            404, $"The model '{name}' is being unloaded.", "model", "model_not_found");
        return model;
    }

    /// <summary>Loads an adapter from a subfolder of the folder for adapters.</summary>
    /// <param name="name">Name of the model.</param>
    /// <param name="folder">Name of the subfolder: it is compared with those that exist, and never becomes part of a path.</param>
    /// <param name="cancel">Cancels waiting for another change.</param>
    internal async Task Load(string name, string folder, CancellationToken cancel)
    {
        string root = ChangesAllowedIn();
        string directory = Directory.EnumerateDirectories(root).FirstOrDefault(d => Path.GetFileName(d) == folder)
            ?? throw new ApiException(
                404, "lora_path names no subfolder of the folder for adapters; give the name of one.", "lora_path", "adapter_not_found");
        if (!ResponseFormat.IsName(name))
        {
            throw new ApiException(400, "lora_name is not a name; use 1 to 64 letters, digits, '.', _ and -.", "lora_name");
        }
        await _change.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_models.ContainsKey(name))
            {
                throw new ApiException(400, $"A model named '{name}' is served already; unload it first.", "lora_name", "model_exists");
            }
            _models[name] = await Task.Run(() => new ServedModel(name, _options, directory, null), cancel).ConfigureAwait(false);
        }
        catch (InputException e)
        {
            throw new ApiException(
                400,
                $"'{folder}' cannot be loaded as an adapter of the served model; the server's log has the reason.",
                "lora_path",
                "adapter_invalid")
            {
                Cause = e,
            };
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Removes an adapter; its requests in progress finish.</summary>
    internal async Task Unload(string name, CancellationToken cancel)
    {
        ChangesAllowedIn();
        await _change.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            ServedModel model = Find(name);
            if (!model.IsAdapter)
            {
                throw new ApiException(400, $"'{name}' is the base model, which cannot be unloaded.", "lora_name");
            }
            _models.TryRemove(name, out _);
            model.Dispose();
        }
        finally
        {
            _change.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ServedModel model in _models.Values)
        {
            model.Dispose();
        }
        _change.Dispose();
    }

    string ChangesAllowedIn() => _options.AdapterFolder ?? throw new ApiException(
        403,
        "Adapters cannot be changed while this server runs; start it with a folder for adapters.",
        code: "adapter_changes_not_allowed");
}

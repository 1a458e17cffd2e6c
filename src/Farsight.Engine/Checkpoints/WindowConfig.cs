using System.Text.Json;
using Farsight.Engine.Checkpoints.Families;
using Farsight.Engine.Models;

namespace Farsight.Engine.Checkpoints;

/// <summary>Reads and writes the sliding-window keys of config.json for each family.</summary>
static class WindowConfig
{
    const string Window = "sliding_window", Types = "layer_types", Switch = "use_sliding_window", FullLayers = "max_window_layers";
    const string Full = "full_attention", Sliding = "sliding_attention";
    const int DefaultFullLayers = 28; // of transformers

    /// <summary>Reads the window and the layers that have it; no layers for all.</summary>
    internal static (int? Window, IReadOnlyList<bool> Layers) Read(ConfigReader config, ModelFamily family, int layers, int maxPositions)
    {
        bool[]? types = LayerTypes(config, layers);
        bool isOff = IsSwitched(family.Windows) && !config.Bool(Switch, false);
        int? window = family.Windows switch
        {
            WindowKeys.None => NoWindow(config, family, maxPositions),
            WindowKeys.AllLayersIfGiven => Given(config),
            // transformers takes the mask by layer_types, whatever the switch says.
            WindowKeys.SwitchedByFamily => isOff && types?.Contains(true) != true ? null : Given(config),
            _ when isOff => null,
            _ => config.Root.TryGetProperty(Window, out _) ? Given(config) : family.DefaultWindow, // null is a value: no window
        };
        if (window is null)
        {
            return types?.Contains(true) != true
                ? (null, [])
                : throw config.Invalid(Types, $"{Sliding} needs a {(isOff && config.Has(Window) ? Switch : Window)}");
        }
        bool[] windowed = family.Windows switch
        {
            WindowKeys.AllLayers or WindowKeys.AllLayersIfGiven or WindowKeys.AllLayersIfSwitched => types?.Contains(false) != true
                ? []
                : throw config.Invalid(Types, $"{family.ModelType} requires {Window} in every layer"),
            WindowKeys.Switched => types ?? ByCount(config, layers),
            _ => types ?? [.. Enumerable.Range(0, layers).Select(l => family.HasWindow(config, l))],
        };
        return windowed.Length == 0 || windowed.Contains(true) ? (window, windowed.All(w => w) ? [] : windowed) : (null, []);
    }

    internal static void Write(Utf8JsonWriter json, ModelConfig model, ModelFamily family)
    {
        WindowKeys keys = family.Windows;
        if (IsSwitched(keys))
        {
            json.WriteBoolean(Switch, model.SlidingWindow is not null);
        }
        if (keys != WindowKeys.None)
        {
            WriteWindow(json, model.SlidingWindow);
        }
        bool isByLayer = keys is WindowKeys.ByFamily or WindowKeys.Switched or WindowKeys.SwitchedByFamily;
        if (isByLayer && (model.SlidingWindow is not null || !IsSwitched(keys)))
        {
            bool[] windowed = [.. Enumerable.Range(0, model.NumHiddenLayers).Select(l => model.WindowOf(l) is not null)];
            if (keys == WindowKeys.Switched)
            {
                json.WriteNumber(FullLayers, Math.Max(0, Array.IndexOf(windowed, true)));
            }
            json.WriteStartArray(Types);
            foreach (bool w in windowed)
            {
                json.WriteStringValue(w ? Sliding : Full);
            }
            json.WriteEndArray();
        }
    }

    /// <summary>Returns whether use_sliding_window turns the windows on.</summary>
    internal static bool IsSwitched(WindowKeys keys) =>
        keys is WindowKeys.Switched or WindowKeys.SwitchedByFamily or WindowKeys.AllLayersIfSwitched;

    static void WriteWindow(Utf8JsonWriter json, int? window)
    {
        if (window is { } w)
        {
            json.WriteNumber(Window, w);
        }
        else
        {
            json.WriteNull(Window); // absent would mean transformers' default
        }
    }

    static int? Given(ConfigReader config) => config.Has(Window) ? config.Int(Window, 1, int.MaxValue) : null;

    // Llama's code in transformers does not look at the key; a file that has it was meant for something else.
    static int? NoWindow(ConfigReader config, ModelFamily family, int maxPositions) =>
        config.Has(Window) && config.Int(Window, 0, int.MaxValue) < maxPositions
            ? throw config.Invalid(Window, $"{family.ModelType} has no sliding window; use the file that belongs to the weights")
            : null;

    static bool[] ByCount(ConfigReader config, int layers)
    {
        int full = config.Int(FullLayers, 0, int.MaxValue, DefaultFullLayers);
        return [.. Enumerable.Range(0, layers).Select(l => l >= full)];
    }

    static bool[]? LayerTypes(ConfigReader config, int layers)
    {
        if (!config.Has(Types))
        {
            return null;
        }
        IReadOnlyList<string> types = config.Strings(Types, required: true);
        return types.All(t => t is Full or Sliding) && (types.Count == layers || types.All(t => t == Full))
            ? [.. types.Select(t => t == Sliding)]
            : throw config.Invalid(Types, $"it must be {Full} or {Sliding} for each of the {layers} layers");
    }
}

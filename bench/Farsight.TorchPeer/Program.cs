using System.Text.Json.Nodes;
using Farsight.TorchPeer;
using static TorchSharp.torch;

List<string> words = [.. args];
string Option(string name, string fallback)
{
    int at = words.IndexOf(name);
    if (at < 0 || at + 1 >= words.Count)
    {
        return fallback;
    }
    string value = words[at + 1];
    words.RemoveRange(at, 2);
    return value;
}

Variant variant = Option("--variant", "tree") switch
{
    "trainer" => Variant.Trainer,
    "trainer-lean" => Variant.TrainerLean,
    _ => Variant.Tree,
};
StepOptions options = new(
    variant,
    Option("--dtype", "f32") == "bf16" ? ScalarType.BFloat16 : ScalarType.Float32,
    Option("--attention", "fused") == "bmm" ? AttentionKind.Bmm : AttentionKind.Fused,
    int.Parse(Option("--warmup", "1")), int.Parse(Option("--steps", "3")), int.Parse(Option("--threads", "2")));
IEnumerable<JsonObject>? results = words switch
{
    ["step", string spec] => [StepBench.Run(Spec.Read(spec), options)],
    ["check", string spec] => Check.Run(Spec.Read(spec), options.Threads),
    _ => null,
};
if (results is null)
{
    Console.Error.WriteLine("""
        step SHAPE.json [--variant trainer|trainer-lean|tree] [--dtype f32|bf16] [--attention fused|bmm] [--steps 3] [--warmup 1]
                        [--threads 2]
        check SHAPE.json [--threads 2]
        """);
    return 2;
}
foreach (JsonObject result in results)
{
    Console.WriteLine(result.ToJsonString());
}
return 0;

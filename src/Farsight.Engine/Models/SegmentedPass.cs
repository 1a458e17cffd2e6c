using System.Numerics.Tensors;

namespace Farsight.Engine.Models;

/// <summary>Represents a pass over a token tree whose roots are read segment by segment, and its backward pass.</summary>
/// <remarks>
/// A root is a prompt. Its nodes below, the responses, continue the last segment; positions are counted from 0 in each segment. Forward
/// keeps the memory vectors alone. Backward runs each segment again, from the last to the first, so the activations of one segment are the
/// maximum, however long the prompt is.
/// </remarks>
public sealed class SegmentedPass
{
    readonly SegmentChain[] _chains;
    Recomputation? _level; // null if backward cannot run

    internal SegmentedPass(DecoderModel model, TokenTree tree, Recomputation? level)
    {
        if (tree.Scored.Count == 0)
        {
            throw new ArgumentException("The tree has no scored token; mark at least one token as scored.", nameof(tree));
        }
        SegmentMemory memory = model.SegmentMemory
            ?? throw new InvalidOperationException("The model has no segment memory; attach one.");
        _level = level;
        (LogProbs, TopTokens) = (new float[tree.Scored.Count], new int[tree.Scored.Count]);
        _chains =
        [
            .. tree.Nodes.Index()
                .Where(n => n.Item.Parent == TokenTreeBuilder.Root)
                .Select(n => new SegmentChain(model, memory, SegmentPlan.Of(tree, n.Index, memory.Options))),
        ];
        foreach (SegmentChain chain in _chains)
        {
            chain.Forward(LogProbs, TopTokens);
        }
    }

    /// <inheritdoc cref="TreePass.LogProbs"/>
    public float[] LogProbs { get; }

    /// <inheritdoc cref="TreePass.TopTokens"/>
    public int[] TopTokens { get; }

    /// <summary>Adds ∂loss/∂parameter to the gradient of every trainable parameter of the model and of its memory.</summary>
    /// <param name="dLogProbs">[scored tokens] ∂loss/∂log-probability.</param>
    /// <exception cref="InvalidOperationException">The pass was run for its results only, or backward has run.</exception>
    public void Backward(ReadOnlySpan<float> dLogProbs)
    {
        Recomputation level = _level
            ?? throw new InvalidOperationException("Backward cannot run: the pass was run for its results only, or it has already run.");
        _level = null;
        foreach (SegmentChain chain in _chains)
        {
            chain.Backward(dLogProbs, level);
        }
    }
}

/// <summary>Represents the trees of the segments of one root.</summary>
/// <param name="Segments">The segments, in order. All but the last write a memory vector.</param>
sealed record SegmentPlan(IReadOnlyList<SegmentPlan.Segment> Segments)
{
    /// <summary>Represents one segment.</summary>
    /// <param name="Tree">Row 0 is the recalled vector; in all but the last segment, so is the last row.</param>
    /// <param name="Scored">Index in the whole tree of each scored token; −1 for the row of the memory vector, which is the last.</param>
    /// <param name="Summary">The first tokens between two rows for T; null for the first segment.</param>
    internal sealed record Segment(TokenTree Tree, int[] Scored, TokenTree? Summary)
    {
        internal bool Writes => Scored.Length > 0 && Scored[^1] < 0;
    }

    /// <summary>Cuts a root. Last segments without scored tokens are left out, because nothing depends on them.</summary>
    internal static SegmentPlan Of(TokenTree tree, int root, SegmentMemoryOptions options)
    {
        IReadOnlyList<Range> cuts = options.Cut(tree.Nodes[root].Count);
        int[] below = Below(tree, root);
        List<Segment> segments = [];
        for (int last = cuts.Count - 1; last >= 0 && segments.Count == 0; last--)
        {
            Segment final = Cut(tree, root, cuts[last], options, isFirst: last == 0, last == cuts.Count - 1 ? below : [], writes: false);
            if (final.Scored.Length > 0)
            {
                segments.AddRange(cuts.Take(last).Select((c, i) => Cut(tree, root, c, options, i == 0, [], writes: true)));
                segments.Add(final);
            }
        }
        return new(segments);
    }

    /// <summary>Cuts a prompt of which no token is scored; every segment but the last writes.</summary>
    internal static SegmentPlan Of(IReadOnlyList<int> prompt, SegmentMemoryOptions options)
    {
        TokenTree tree = new([new(TokenTreeBuilder.Root, 0, prompt.Count, 0, 0)], [.. prompt], new int[prompt.Count], []);
        IReadOnlyList<Range> cuts = options.Cut(prompt.Count);
        return new([.. cuts.Select((c, i) => Cut(tree, 0, c, options, i == 0, [], writes: i < cuts.Count - 1))]);
    }

    static int[] Below(TokenTree tree, int root)
    {
        HashSet<int> inside = [root];
        return [.. tree.Nodes.Index().Where(n => inside.Contains(n.Item.Parent) && inside.Add(n.Index)).Select(n => n.Index)];
    }

    static Segment Cut(
        TokenTree tree, int root, Range cut, SegmentMemoryOptions options, bool isFirst, int[] below, bool writes)
    {
        int first = tree.Nodes[root].Start, placeholder = tree.Tokens[first]; // the embedding of a placeholder is not read
        int start = cut.Start.Value, end = cut.End.Value, carried = Math.Min(options.Carry, start);
        int[] rows = [.. Enumerable.Range(first + start - carried, end - start + carried)];
        Dictionary<int, int> local = rows.Skip(carried).Select((row, i) => (row, i)).ToDictionary(p => p.row, p => 1 + carried + p.i);
        List<int> tokens = [placeholder, .. rows.Select(r => tree.Tokens[r]), .. writes ? [placeholder] : Array.Empty<int>()];
        List<int> positions = [.. Enumerable.Range(0, tokens.Count)];
        List<TokenNode> nodes = [new(TokenTreeBuilder.Root, 0, tokens.Count, 0, 0)];
        Dictionary<int, int> nodeOf = new() { [root] = 0 };
        foreach (int index in below)
        {
            TokenNode node = tree.Nodes[index];
            int parent = nodeOf[node.Parent], next = positions[nodes[parent].End - 1] + 1;
            nodeOf[index] = nodes.Count;
            nodes.Add(new(parent, tokens.Count, node.Count, 0, 0));
            for (int i = 0; i < node.Count; i++)
            {
                local[node.Start + i] = tokens.Count;
                tokens.Add(tree.Tokens[node.Start + i]);
                positions.Add(next + i);
            }
        }
        int[] scored = [.. tree.Scored.Index().Where(s => local.ContainsKey(s.Item.Row)).Select(s => s.Index)];
        ScoredToken[] targets =
        [
            .. scored.Select(s => new ScoredToken(local[tree.Scored[s].Row], tree.Scored[s].Target)),
            .. writes ? [new ScoredToken(tokens.Count - 1, placeholder)] : Array.Empty<ScoredToken>(),
        ];
        return new(
            new(nodes, [.. tokens], [.. positions], targets), writes ? [.. scored, -1] : scored,
            isFirst ? null : SummaryOf(tree, first + start, end - start, options, placeholder));
    }

    static TokenTree SummaryOf(TokenTree tree, int start, int count, SegmentMemoryOptions options, int placeholder)
    {
        int read = Math.Min(count, options.Summary > 0 ? options.Summary : options.Segment / 2);
        int[] tokens = [placeholder, .. Enumerable.Range(start, read).Select(r => tree.Tokens[r]), placeholder];
        return new(
            [new(TokenTreeBuilder.Root, 0, tokens.Length, 0, 1)], tokens, [.. Enumerable.Range(0, tokens.Length)],
            [new(tokens.Length - 1, placeholder)]);
    }
}

/// <summary>Runs the segments of one root one after the other.</summary>
/// <param name="model">The model.</param>
/// <param name="memory">Its memory.</param>
/// <param name="plan">The segments.</param>
/// <param name="slots">Maximum number of memory vectors that are searched; null for that of the memory.</param>
sealed class SegmentChain(DecoderModel model, SegmentMemory memory, SegmentPlan plan, int? slots = null)
{
    readonly List<MemorySlot> _slots = [];                           // of the segments that were run
    readonly List<(float[] Query, float[] Weights)> _recalls = [];   // [segments]; empty arrays for the first
    readonly List<float[]> _recalled = [];                           // [segments] p

    /// <summary>Runs all segments.</summary>
    /// <param name="logProbs">Receives the log-probabilities, by index in the whole tree.</param>
    /// <param name="topTokens">Receives the most likely tokens.</param>
    internal void Forward(float[] logProbs, int[] topTokens)
    {
        for (int n = 0; n < plan.Segments.Count; n++)
        {
            Recall(n);
            using TreePass pass = Run(n);
            foreach ((int local, int scored) in plan.Segments[n].Scored.Index().Where(s => s.Item >= 0))
            {
                (logProbs[scored], topTokens[scored]) = (pass.LogProbs[local], pass.TopTokens[local]);
            }
        }
    }

    /// <summary>Runs all segments but the last, and returns the vector that is recalled for it: [D].</summary>
    internal float[] BeforeLast(CancellationToken cancel)
    {
        for (int n = 0; n < plan.Segments.Count - 1; n++)
        {
            cancel.ThrowIfCancellationRequested();
            Recall(n);
            Run(n).Dispose();
        }
        Recall(plan.Segments.Count - 1);
        return _recalled[^1];
    }

    /// <summary>Adds to the gradients of the model and of the memory.</summary>
    /// <param name="dLogProbs">By index in the whole tree.</param>
    /// <param name="level">Arrays that the pass over a segment keeps.</param>
    internal void Backward(ReadOnlySpan<float> dLogProbs, Recomputation level)
    {
        for (int n = plan.Segments.Count - 1; n >= 0; n--)
        {
            SegmentPlan.Segment segment = plan.Segments[n];
            float[] d = new float[segment.Scored.Length];
            foreach ((int local, int scored) in segment.Scored.Index().Where(s => s.Item >= 0))
            {
                d[local] = dLogProbs[scored];
            }
            MemorySlot? slot = segment.Writes ? _slots[n] : null;
            if (slot is not { IsLearned: true } && d.All(v => v == 0))
            {
                continue; // nothing is learned through it
            }
            float[] dRecalled = Through(
                segment.Tree, level, Inputs(segment, _recalled[n]), d, slot is null ? null : new(d.Length - 1, slot.DValue));
            if (segment.Summary is { } summary)
            {
                MemorySlot[] searched = [.. Searched(n)];
                float[] dQuery = memory.RecallBackward(
                    _recalls[n].Query, searched, _recalls[n].Weights, dRecalled,
                    constant: Math.Max(0, searched.Length - memory.Options.BackwardSegments));
                Add(memory.Summary.Gradient[0], Through(summary, level, SummaryInputs(summary), [0], new(0, dQuery)));
            }
            else
            {
                Add(memory.Initial.Gradient[0], dRecalled);
            }
        }
        _slots.ForEach(memory.KeyBackward);
    }

    /// <summary>Computes the recalled vector of a segment from the memory vectors before it.</summary>
    void Recall(int n)
    {
        if (plan.Segments[n].Summary is not { } summary)
        {
            _recalls.Add(([], []));
            _recalled.Add(memory.Initial.Value[0].ToArray());
            return;
        }
        using TreePass search = model.ForwardWith(summary, null, SummaryInputs(summary));
        float[] query = search.Output(0);
        (float[] value, float[] weights) = memory.Recall(query, [.. Searched(n)]);
        _recalls.Add((query, weights));
        _recalled.Add(value);
    }

    TreePass Run(int n)
    {
        SegmentPlan.Segment segment = plan.Segments[n];
        TreePass pass = model.ForwardWith(segment.Tree, null, Inputs(segment, _recalled[n]));
        if (segment.Writes)
        {
            _slots.Add(memory.Slot(pass.Output(segment.Scored.Length - 1)));
        }
        return pass;
    }

    IEnumerable<MemorySlot> Searched(int n) => _slots.Take(n).TakeLast(slots ?? memory.Options.Slots);

    static InputRow[] Inputs(SegmentPlan.Segment segment, float[] recalled) =>
        segment.Writes ? [new(0, recalled), new(segment.Tree.Count - 1, recalled)] : [new(0, recalled)];

    InputRow[] SummaryInputs(TokenTree summary)
    {
        float[] value = memory.Summary.Value[0].ToArray();
        return [new(0, value), new(summary.Count - 1, value)];
    }

    /// <summary>Runs a tree forward and backward, and returns the sum of the gradients by its input vectors: [D].</summary>
    float[] Through(TokenTree tree, Recomputation level, InputRow[] inputs, float[] dLogProbs, OutputGradient? dOutput)
    {
        using TreePass pass = model.ForwardWith(tree, level, inputs);
        pass.Backward(dLogProbs, null, dOutput);
        float[] sum = new float[model.Config.HiddenSize];
        foreach (float[] gradient in pass.InputGradients)
        {
            Add(sum, gradient);
        }
        return sum;
    }

    static void Add(Span<float> sum, float[] vector) => TensorPrimitives.Add<float>(sum, vector, sum);
}

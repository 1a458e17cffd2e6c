using Farsight.Alignment.Data;
using Farsight.Engine.Inference;
using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Synthesis;

/// <summary>One sample on its way: its responses so far, and which are still to be written.</summary>
sealed class SampleAttempt
{
    const int MostChosen = 2;
    const int MostRejected = 5; // one, and four more
    const double WarmerEachTime = 0.1;

    readonly ResponseViews _views;
    readonly ResponseRules _rules;
    readonly Slot _chosen;
    readonly Slot[] _rejected;

    internal SampleAttempt(SampleContext context, ResponseViews views, ResponseRules rules)
    {
        (Context, _views, _rules) = (context, views, rules);
        _chosen = new(views.Relevant(context));
        SeededRandom random = SeededRandom.For(rules.Seed, "synth logo/views", context.Index);
        _rejected = new Slot[rules.Rejected];
        for (int j = 0; j < _rejected.Length; j++)
        {
            _rejected[j] = new(views.Rejected(context, j, ref random));
        }
        bool isTooLong = Slots.Any(s => s.View.Prompt.Length + rules.MaxNewTokens > rules.Window);
        Dropped = isTooLong ? DropReason.PromptTooLong : null;
    }

    internal SampleContext Context { get; }

    /// <summary>Null as long as there is hope.</summary>
    internal string? Dropped { get; private set; }

    /// <summary>A reason for each response that was sampled again.</summary>
    internal List<string> Resampled { get; } = [];

    IEnumerable<Slot> Slots => [_chosen, .. _rejected];

    IEnumerable<Slot> Open => Dropped is null ? Slots.Where(s => s.Text is null) : [];

    /// <summary>What is still to be generated; empty for a sample that is done.</summary>
    internal IEnumerable<GenerationRequest> Requests() => Open.Select(slot => Request(slot, Array.IndexOf([.. Slots], slot)));

    /// <summary>Takes the responses to <see cref="Requests"/>, in their order.</summary>
    /// <param name="responses">Text, or null where there was no end token.</param>
    internal void Take(Queue<string?> responses)
    {
        foreach (Slot slot in Open.ToArray())
        {
            string? text = responses.Dequeue();
            if (Dropped is null)
            {
                Judge(slot, text);
            }
        }
    }

    /// <summary>The finished sample; only when it is neither dropped nor open.</summary>
    internal PreferenceSample Sample(Func<SampleContext, string> prompt)
    {
        SeenChunks seen = new(_chosen.View.Seen, [.. _rejected.Select(r => r.View.Seen)]);
        InsertedFact? fact = Context.Asked is { } asked ? new(asked.Needle.Sentence, asked.Needle.Value, asked.Chunk) : null;
        SampleProvenance provenance = new(
            [.. Context.Chunks.Select(c => c.Document).Distinct()], _rules.Seed, Context.Index, seen,
            new(_rules.Generator, _rules.Temperature, _rules.MaxNewTokens), fact);
        return new($"logo-{_rules.Seed}-{Context.Index}", Context.Chunks, Context.Question, _chosen.Text!, [.. _rejected.Select(r => r.Text!)], provenance, prompt(Context));
    }

    GenerationRequest Request(Slot slot, int number)
    {
        // Greedy from the same chunks would be the same again.
        bool isGreedy = slot == _chosen && !slot.SameView;
        Sampling sampling = isGreedy ? Sampling.Greedy : new(_rules.Temperature * (1 + (WarmerEachTime * slot.Attempts)), TopP: 1);
        return new(slot.View.Prompt, _rules.MaxNewTokens, sampling, SeededRandom.For(_rules.Seed, $"synth logo/response {number}/{slot.Attempts}", Context.Index));
    }

    void Judge(Slot slot, string? text)
    {
        slot.Attempts++;
        string? fault = slot == _chosen ? (text == Context.Gold.Trim() ? null : DropReason.ChosenWrong) : FaultOfRejected(text);
        if (fault is null)
        {
            slot.Text = text;
        }
        else if (slot.Attempts >= (slot == _chosen ? MostChosen : MostRejected))
        {
            Dropped = fault;
        }
        else
        {
            Resampled.Add(fault);
            if (slot == _chosen)
            {
                slot.Show(_views.Gold(Context));
            }
        }
    }

    string? FaultOfRejected(string? text) =>
        text is null ? DropReason.RejectedNoEnd
        : text.Length == 0 ? DropReason.RejectedEmpty
        : text == Context.Gold.Trim() ? DropReason.RejectedIsGold
        : _rejected.Any(r => r.Text == text) ? DropReason.RejectedRepeated
        : null;

    sealed class Slot(ResponseView view)
    {
        internal ResponseView View { get; private set; } = view;
        internal bool SameView { get; private set; }
        internal int Attempts { get; set; }
        internal string? Text { get; set; }

        internal void Show(ResponseView view) => (SameView, View) = (view.Seen.SequenceEqual(View.Seen), view);
    }
}

/// <summary>How responses are written.</summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Rejected">M.</param>
/// <param name="Temperature">Of the rejected ones.</param>
/// <param name="MaxNewTokens">Limit of each.</param>
/// <param name="Window">Of the model, in tokens.</param>
/// <param name="Generator">The model's name.</param>
sealed record ResponseRules(int Seed, int Rejected, double Temperature, int MaxNewTokens, int Window, string Generator);

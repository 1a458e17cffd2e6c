using System.Text;
using Farsight.Alignment.Answering;
using Farsight.Alignment.Data;
using Farsight.Alignment.Data.Positions;
using Farsight.Alignment.Objectives;
using Farsight.Alignment.Runs;
using Farsight.Engine;
using Farsight.Engine.Checkpoints;
using Farsight.Engine.Communication;
using Farsight.Engine.Files;
using Farsight.Engine.Models;
using Farsight.Engine.Numerics;
using Farsight.Text.Conversations;
using Farsight.Text.Tokenizers;

namespace Farsight.Alignment.Training.Reference;

/// <summary>
/// LongPO's reference: log π_S(y | x_S) of every response after its short context, computed once for a dataset and a model (arXiv
/// 2502.13922, equation 11).
/// </summary>
/// <remarks>
/// The short context of a turn are the chunks that its chosen response was written from, at the positions 0, 1, 2, …, under the model's own
/// RoPE. For a sample whose chosen response saw the whole context that is DPO's reference. Several turns or questions are roots of one
/// tree; a tree's samples are written whole, so that a run continued after a stop builds the same trees and gets the same bits. Ranks
/// divide the trees.
/// </remarks>
public static class ShortReference
{
    /// <summary>Makes the file, or resumes it where it was stopped; does nothing if it exists.</summary>
    /// <param name="options">Dataset and model.</param>
    /// <param name="progress">Receives finished and total samples.</param>
    /// <param name="cancel">Stops after a tree; the same call resumes.</param>
    /// <param name="note">Receives sentences about contradictions in the model's files and samples beyond its window; null to ignore
    /// them.</param>
    /// <returns>The file.</returns>
    /// <exception cref="InputException">Dataset or model are missing or damaged, or the dataset was made for another model.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the computed samples are kept.</exception>
    public static string Make(
        ShortReferenceOptions options, Action<int, int>? progress, CancellationToken cancel, Action<string>? note = null)
    {
        options.Check();
        return Make(options, PreferenceDataset.Read(options.Data), progress, cancel, note);
    }

    /// <summary>Makes the file of a dataset that was read before.</summary>
    /// <param name="options">Dataset and model.</param>
    /// <param name="data">The dataset of the options.</param>
    /// <param name="progress">Receives finished and total samples.</param>
    /// <param name="cancel">Stops after a tree; the same call resumes.</param>
    /// <param name="note">As above; null to ignore the sentences.</param>
    /// <param name="ranks">Ranks that divide the trees, of which rank 0 has the file; null for this process alone.</param>
    /// <returns>The file.</returns>
    /// <exception cref="InputException">The model is missing or damaged, or the dataset was made for another model.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the computed samples are kept.</exception>
    public static string Make(
        ShortReferenceOptions options, PreferenceDataset data, Action<int, int>? progress, CancellationToken cancel,
        Action<string>? note = null, Communicator? ranks = null)
    {
        ranks ??= SingleProcess.Instance;
        options.Check();
        ShortReferenceFile.Head head = ShortReferenceFile.HeadOf(options, data.Sha256);
        string path = ShortReferenceFile.PathOf(options.Data, head);
        if (ranks.Any(ranks.IsFirst && !File.Exists(path)))
        {
            using DecoderModel model = ModelLoader.Load(options.Model);
            model.Arithmetic = options.Arithmetic;
            Tokenizer tokenizer = Tokenizer.LoadFor(options.Model, model.Config.VocabSize);
            data.RequireTokenizer(tokenizer);
            ChatFormat format = ChatFormat.Load(options.Model, tokenizer, note);
            if (note is not null)
            {
                ModelFileNotices.Of(options.Model, model.Config, tokenizer).ToList().ForEach(note);
                Note(data.Samples.SelectMany(s => SampleTokens.ShortTurns(s, format, model.Config.VocabSize)), model.Config, note);
            }
            Make(
                path,
                head,
                data.Samples,
                s => SampleTokens.ShortTurns(s, format, model.Config.VocabSize),
                new TrainableModel(model),
                progress,
                cancel,
                ranks);
        }
        return path;
    }

    static void Note(IEnumerable<SampleTokens> samples, ModelConfig config, Action<string> note)
    {
        if (WindowNotice.Of(samples, config.MaxPositionEmbeddings) is { } notice)
        {
            note(notice);
        }
    }

    internal static void Make(
        string path,
        ShortReferenceFile.Head head,
        IReadOnlyList<PreferenceSample> samples,
        Func<PreferenceSample, IReadOnlyList<SampleTokens>> turnsOf,
        ITrainable model,
        Action<int, int>? progress,
        CancellationToken cancel,
        Communicator? ranks = null)
    {
        ranks ??= SingleProcess.Instance;
        string partial = path + ".partial";
        using (FileStream? file = ranks.IsFirst ? ExclusiveFile.Open(partial) : null)
        {
            Span<int> lines = [file is null ? 0 : Keep(file, ShortReferenceFile.Line(head))];
            ranks.Broadcast(lines, 0);
            int kept = lines[0], done = 0;
            bool isCut = false;
            foreach (List<(PreferenceSample Sample, IReadOnlyList<SampleTokens> Turns)>[] trees in Left().Chunk(ranks.Size))
            {
                if (ranks.Any(cancel.IsCancellationRequested))
                {
                    throw new OperationCanceledException(cancel);
                }
                string[] made = ranks.AllGather(ranks.Rank < trees.Length ? Lines(trees[ranks.Rank], model) : "");
                if (file is not null)
                {
                    if (!isCut)
                    {
                        CutAfter(file, 1 + done); // a tree that a stop left incomplete was computed again
                        isCut = true;
                    }
                    file.Write(Encoding.UTF8.GetBytes(string.Concat(made)));
                    file.Flush(flushToDisk: true);
                }
                done += trees.Sum(t => t.Count);
                progress?.Invoke(done, samples.Count);
            }

            // The trees that the file does not have whole; the others are done.
            IEnumerable<List<(PreferenceSample Sample, IReadOnlyList<SampleTokens> Turns)>> Left()
            {
                foreach (List<(PreferenceSample Sample, IReadOnlyList<SampleTokens> Turns)> tree in TreeGroups.Of(
                    samples.Select(s => (s, turnsOf(s))), s => s.Item2.Sum(t => t.Count(null)), head.BatchTokens))
                {
                    if (done + tree.Count > kept)
                    {
                        kept = -1;
                        yield return tree;
                    }
                    else
                    {
                        done += tree.Count;
                    }
                }
            }
        }
        if (ranks.IsFirst)
        {
            File.Move(partial, path, overwrite: true);
        }
    }

    static string Lines(List<(PreferenceSample Sample, IReadOnlyList<SampleTokens> Turns)> samples, ITrainable model)
    {
        SampleTree builder = new();
        List<SampleNodes> nodes = [];
        foreach (SampleTokens turn in samples.SelectMany(s => s.Turns))
        {
            nodes.AddRange(builder.Add(turn, Plain.Of(turn.Shape), null, scorePrompt: false));
        }
        TokenTree tree = builder.Build();
        using ITreePass pass = model.Evaluate(tree);
        StringBuilder lines = new();
        int next = 0;
        foreach ((PreferenceSample sample, IReadOnlyList<SampleTokens> turns) in samples)
        {
            List<PreferenceLogProbs> logProbs = [];
            for (int k = 0; k < turns.Count; k++)
            {
                logProbs.Add(PreferenceBridge.Read(tree, nodes[next++], pass.LogProbs));
            }
            lines.Append(ShortReferenceFile.Line(sample.Id, logProbs));
        }
        return lines.ToString();
    }

    /// <summary>Returns the complete samples of a stopped run; none if it was started with other inputs.</summary>
    static int Keep(FileStream file, string head)
    {
        byte[] first = Encoding.UTF8.GetBytes(head), found = new byte[first.Length];
        if (file.ReadAtLeast(found, found.Length, throwOnEndOfStream: false) < found.Length || !found.AsSpan().SequenceEqual(first))
        {
            file.SetLength(0);
            file.Position = 0;
            file.Write(first);
            return 0;
        }
        int lines = 0;
        for (int b; (b = file.ReadByte()) >= 0;)
        {
            lines += b == '\n' ? 1 : 0;
        }
        return lines;
    }

    static void CutAfter(FileStream file, int lines)
    {
        file.Position = 0;
        for (int b; lines > 0 && (b = file.ReadByte()) >= 0;)
        {
            lines -= b == '\n' ? 1 : 0;
        }
        file.SetLength(file.Position);
    }
}

/// <summary>Represents the dataset and the model of a reference.</summary>
/// <param name="Model">Directory of the reference: the model before training.</param>
/// <param name="Data">The .jsonl file of samples.</param>
public sealed record ShortReferenceOptions(string Model, string Data)
{
    /// <summary>
    /// Maximum tokens per tree; a longer turn has a tree of its own. Limits the memory; the result changes only by rounding.
    /// </summary>
    public int BatchTokens { get; init; } = 8192;

    /// <summary>How products are computed: as in the training that uses the reference. Default: F32.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="OptionException">A value cannot be used.</exception>
    public void Check()
    {
        if (BatchTokens < 1)
        {
            throw new OptionException("batch_tokens", $"is {BatchTokens}; use 1 or more.");
        }
    }
}

using Farsight.Engine.Kernels;

namespace Farsight.Engine.Rope;

/// <summary>Represents a rule that changes rotary frequencies so that a model can use positions beyond its trained window.</summary>
public abstract partial record RopeScaling
{
    /// <summary>Returns the rule and its factor for display: "YaRN × 8".</summary>
    public abstract string Describe();

    /// <summary>Whether the frequencies depend on the length of the sequence.</summary>
    /// <remarks>
    /// In a token tree the length is one more than the largest position id under a root, for all its branches. In generation it is the
    /// number of tokens so far, and cached keys keep their rotation, as in transformers.
    /// </remarks>
    internal virtual bool DependsOnLength => false;

    /// <summary>Whether the rule is equivalent to another θ, <see cref="Theta"/>, so that files need not name it.</summary>
    internal virtual bool IsPlain => false;

    /// <summary>Returns the base that replaces that of the model.</summary>
    internal virtual double Theta(int headDim, double ropeTheta) => ropeTheta;

    /// <summary>Returns the context window of a model under this rule, in tokens.</summary>
    /// <param name="window">Tokens of the model's own window.</param>
    /// <param name="headDim">Dh, even.</param>
    /// <param name="ropeTheta">θ of the model.</param>
    internal virtual int WindowOf(int window, int headDim, double ropeTheta) => window;

    /// <summary>Computes the frequencies of a head in double.</summary>
    /// <param name="headDim">Dh, even.</param>
    /// <param name="ropeTheta">θ of the model.</param>
    /// <param name="length">Tokens of the sequence; used only if <see cref="DependsOnLength"/>.</param>
    internal abstract RopeFrequencies Frequencies(int headDim, double ropeTheta, int length);

    /// <summary>Returns the factor by which another θ slows the slowest pair; the fastest, θ^0, never changes.</summary>
    internal static double Slowdown(int headDim, double fromTheta, double toTheta) =>
        Math.Pow(toTheta / fromTheta, (headDim - 2.0) / headDim);

    /// <summary>Returns the θ that slows the slowest pair by a factor: θ · s^(Dh / (Dh − 2)).</summary>
    static double SlowedTheta(int headDim, double theta, double factor) => theta * Math.Pow(factor, headDim / (headDim - 2.0));

    static int ScaledWindow(int window, double factor) => (int)Math.Min(window * factor, int.MaxValue);

    static string Text(string rule, double factor) => FormattableString.Invariant($"{rule} × {factor}");

    /// <summary>Represents plain RoPE: inverse frequency i is θ^(−2i/Dh). Source: arXiv:2104.09864, Sec. 3.2.2.</summary>
    public sealed record Unscaled : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => "plain RoPE";

        internal override bool IsPlain => true;

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, ropeTheta));
    }

    /// <summary>Represents position interpolation: every frequency divided by the factor. Source: arXiv:2306.15595, Eq. 4.</summary>
    public sealed record Linear(double Factor) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("linear", Factor);

        /// <summary>Returns the window before scaling.</summary>
        /// <param name="window">The scaled window, in tokens.</param>
        public int WindowBefore(int window) => Math.Max(1, (int)(window / Factor));

        internal override int WindowOf(int window, int headDim, double ropeTheta) => ScaledWindow(window, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, ropeTheta).Select(f => f / Factor));
    }

    /// <summary>
    /// Represents an adjusted base frequency (ABF): a θ chosen by hand; in the paper 500000 for 32768 tokens, from 10000 for 4096.
    /// </summary>
    /// <remarks>
    /// Source: arXiv:2309.16039, Sec. 2.1 and 4.1. The paper has no rule for the window. Here the window grows by the factor by which the
    /// slowest pair slows, as with <see cref="NtkAware"/> of the same θ, and never shrinks. Files store the new θ and do not name the rule.
    /// </remarks>
    /// <param name="NewTheta">The new base.</param>
    public sealed record AdjustedBase(double NewTheta) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => FormattableString.Invariant($"θ = {NewTheta}");

        internal override bool IsPlain => true;

        internal override double Theta(int headDim, double ropeTheta) => NewTheta;

        internal override int WindowOf(int window, int headDim, double ropeTheta) =>
            ScaledWindow(window, Math.Max(1, Slowdown(headDim, ropeTheta, NewTheta)));

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, NewTheta));
    }

    /// <summary>
    /// Represents NTK-aware scaling: θ becomes θ · s^(Dh / (Dh − 2)), which slows the slowest pair s times and keeps the fastest.
    /// </summary>
    /// <remarks>
    /// Source: bloc97's proposal of 2023, as stated in arXiv:2309.00071, Sec. 3.1. Files store the new θ and do not name the rule.
    /// </remarks>
    /// <param name="Factor">s.</param>
    /// <param name="OriginalMaxPositionEmbeddings">The window before scaling, in tokens.</param>
    public sealed record NtkAware(double Factor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("NTK", Factor);

        internal override bool IsPlain => true;

        internal override double Theta(int headDim, double ropeTheta) => SlowedTheta(headDim, ropeTheta, Factor);

        internal override int WindowOf(int window, int headDim, double ropeTheta) => ScaledWindow(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, Theta(headDim, ropeTheta)));
    }

    /// <summary>Represents NTK scaling by the length n ≥ w: θ becomes θ · (s · n / w − (s − 1))^(Dh / (Dh − 2)).</summary>
    /// <remarks>As in transformers, except that an earlier, longer text has no effect.</remarks>
    /// <param name="Factor">s.</param>
    /// <param name="OriginalMaxPositionEmbeddings">w: the window before scaling, in tokens.</param>
    public sealed record DynamicNtk(double Factor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("dynamic NTK", Factor);

        internal override bool DependsOnLength => true;

        internal override int WindowOf(int window, int headDim, double ropeTheta) => ScaledWindow(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length)
        {
            double window = OriginalMaxPositionEmbeddings, stretch = Factor * Math.Max(length, window) / window - (Factor - 1);
            return new(RopeFrequencies.Plain(headDim, SlowedTheta(headDim, ropeTheta, stretch)));
        }
    }

    /// <summary>
    /// Represents the rule of Llama 3.1: low frequencies divided by the factor, high ones kept, a ramp between. Source: its config.json.
    /// </summary>
    public sealed record Llama3(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("Llama 3", Factor);

        internal override int WindowOf(int window, int headDim, double ropeTheta) => ScaledWindow(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length) =>
            new(RopeFrequencies.Plain(headDim, ropeTheta).Select(Scaled));

        double Scaled(double f)
        {
            double turns = OriginalMaxPositionEmbeddings * f / (2 * Math.PI);
            double keep = (turns - LowFreqFactor) / (HighFreqFactor - LowFreqFactor);
            return double.Lerp(f / Factor, f, Math.Clamp(keep, 0, 1));
        }
    }

    /// <summary>Represents YaRN: a ramp by the number of turns within the original window, and a factor on cos and sin.</summary>
    /// <remarks>
    /// Source: arXiv:2309.00071, Sec. 3.2 and Eq. 22. The ends of the ramp are rounded outwards to whole pairs, as in Hugging Face's and
    /// the authors' code; the paper does not mention it.
    /// </remarks>
    /// <param name="Factor">s: how many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">The window before scaling, in tokens.</param>
    /// <param name="BetaFast">Turns above which a frequency is kept; 32 in the paper.</param>
    /// <param name="BetaSlow">Turns below which a frequency is divided by s; 1 in the paper.</param>
    /// <param name="AttentionFactor">Factor on cos and sin; null for 0.1 · ln(s) + 1, or for the value of the next two.</param>
    /// <param name="MScale">m: with <paramref name="MScaleAllDim"/>, a, the factor is
    /// (0.1 · m · ln(s) + 1) / (0.1 · a · ln(s) + 1); DeepSeek's variant.</param>
    /// <param name="MScaleAllDim">a.</param>
    /// <param name="Truncate">Whether the ends of the ramp are rounded outwards to whole pairs.</param>
    public sealed record Yarn(
        double Factor, int OriginalMaxPositionEmbeddings, double BetaFast = 32, double BetaSlow = 1, double? AttentionFactor = null,
        double? MScale = null, double? MScaleAllDim = null, bool Truncate = true) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("YaRN", Factor);

        internal override int WindowOf(int window, int headDim, double ropeTheta) => ScaledWindow(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length)
        {
            // The pair, as a real number, that turns this many times within the original window.
            double PairOf(double turns) =>
                headDim * Math.Log(OriginalMaxPositionEmbeddings / (turns * 2 * Math.PI)) / (2 * Math.Log(ropeTheta));

            double low = PairOf(BetaFast), high = PairOf(BetaSlow);
            double first = Math.Max(Truncate ? Math.Floor(low) : low, 0);
            double last = Math.Min(Truncate ? Math.Ceiling(high) : high, headDim - 1);
            double width = last == first ? 0.001 : last - first;
            return new(
                RopeFrequencies
                    .Plain(headDim, ropeTheta)
                    .Select((f, i) => double.Lerp(f, f / Factor, Math.Clamp((i - first) / width, 0, 1))),
                AttentionFactor ?? DefaultAttentionFactor());
        }

        // The two exponents of DeepSeek's variant count only together, as in transformers.
        double DefaultAttentionFactor()
        {
            double Of(double weight) => Factor > 1 ? 0.1 * weight * Math.Log(Factor) + 1 : 1;
            return MScale is { } m and not 0 && MScaleAllDim is { } all and not 0 ? Of(m) / Of(all) : Of(1);
        }
    }

    /// <summary>
    /// Represents LongRoPE: each frequency divided by its own factor from one of two lists, and a factor on cos and sin. Source:
    /// arXiv:2402.13753.
    /// </summary>
    /// <param name="Factor">s: how many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">w: sequences of at most w tokens use the short
    /// factors, longer ones the long factors.</param>
    /// <param name="ShortFactors">[Dh/2]</param>
    /// <param name="LongFactors">[Dh/2]</param>
    /// <param name="AttentionFactor">Factor on cos and sin for both; null for √(1 + ln s / ln w).</param>
    public sealed record LongRope(
        double Factor, int OriginalMaxPositionEmbeddings, IReadOnlyList<double> ShortFactors, IReadOnlyList<double> LongFactors,
        double? AttentionFactor = null) : RopeScaling
    {
        /// <inheritdoc/>
        public override string Describe() => Text("LongRoPE", Factor);

        internal override bool DependsOnLength => true;

        internal override int WindowOf(int window, int headDim, double ropeTheta) => ScaledWindow(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length)
        {
            IReadOnlyList<double> factors = length > OriginalMaxPositionEmbeddings ? LongFactors : ShortFactors;
            Shape.Same(headDim / 2, factors.Count);
            return new(
                RopeFrequencies.Plain(headDim, ropeTheta).Zip(factors, (f, by) => f / by),
                AttentionFactor ?? (Factor > 1 ? Math.Sqrt(1 + Math.Log(Factor) / Math.Log(OriginalMaxPositionEmbeddings)) : 1));
        }

        /// <inheritdoc/>
        public bool Equals(LongRope? other) =>
            other is not null
            && (Factor, OriginalMaxPositionEmbeddings, AttentionFactor)
                == (other.Factor, other.OriginalMaxPositionEmbeddings, other.AttentionFactor)
            && ShortFactors.SequenceEqual(other.ShortFactors)
            && LongFactors.SequenceEqual(other.LongFactors);

        /// <inheritdoc/>
        public override int GetHashCode() => OriginalMaxPositionEmbeddings;
    }

    /// <summary>
    /// Represents Giraffe's truncated basis: pairs without a whole turn in the trained window get a small constant frequency, or zero.
    /// </summary>
    /// <remarks>
    /// f ≥ b keeps f, a ≤ f &lt; b becomes ρ, and f &lt; a becomes 0. With w the trained window, b = 2π/w is one turn in it, a = b/8 and
    /// ρ = b/16, as in the authors' published code (abacusai/Long-Context); the paper leaves a, b and ρ open.
    /// Source: arXiv:2308.10882. The frequencies do not depend on the factor, which only sets the window; beyond 16 the pairs with
    /// frequency ρ make more than one turn in it.
    /// </remarks>
    /// <param name="Factor">How many times the original window.</param>
    /// <param name="OriginalMaxPositionEmbeddings">w: the window before scaling, in tokens.</param>
    public sealed record Truncated(double Factor, int OriginalMaxPositionEmbeddings) : RopeScaling
    {
        const double StillPart = 8, FixedPart = 16;

        /// <inheritdoc/>
        public override string Describe() => Text("truncated", Factor);

        internal override int WindowOf(int window, int headDim, double ropeTheta) => ScaledWindow(OriginalMaxPositionEmbeddings, Factor);

        internal override RopeFrequencies Frequencies(int headDim, double ropeTheta, int length)
        {
            double oneTurn = 2 * Math.PI / OriginalMaxPositionEmbeddings;
            return new(
                RopeFrequencies
                    .Plain(headDim, ropeTheta)
                    .Select(f =>
                        f >= oneTurn ? f
                        : f >= oneTurn / StillPart ? oneTurn / FixedPart
                        : 0));
        }
    }
}

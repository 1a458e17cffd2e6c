using Farsight.Engine.Memory;

namespace Farsight.Engine.Kernels;

/// <summary>Represents the left side of a product, [lines, depth]: rows in memory or their transpose, read in place.</summary>
/// <param name="Source">[lines, depth], or [depth, lines] when transposed.</param>
/// <param name="Transposed">Lines are columns of the source.</param>
readonly record struct GemmLeft(Rows Source, bool Transposed)
{
    internal int Lines => Transposed ? Source.Width : Source.Count;

    internal int Depth => Transposed ? Source.Count : Source.Width;

    /// <summary>Floats from one line to the next.</summary>
    internal nint Line => Transposed ? 1 : Source.Width;

    /// <summary>Floats from one step of the depth to the next.</summary>
    internal nint Step => Transposed ? Source.Width : 1;

    /// <summary>
    /// Steps of the depth lie a multiple of 4 KiB apart, so that they all fall on the same few lines of a cache and push each
    /// other out.
    /// </summary>
    internal bool Collides => Transposed && Source.Width % 1024 == 0;

    internal ref float this[int line, int k] => ref Transposed ? ref Source[k][line] : ref Source[line][k];

    /// <summary>Copies some lines of a transposed source to a place where they do not collide.</summary>
    /// <param name="firstLine">First of the lines.</param>
    /// <param name="lines">n.</param>
    /// <param name="firstK">First step of the depth.</param>
    /// <param name="depth">Number of steps.</param>
    /// <param name="target">[≥ depth, ≥ n]</param>
    internal void Copy(int firstLine, int lines, int firstK, int depth, Rows target)
    {
        for (int k = 0; k < depth; k++)
        {
            Source[firstK + k].Slice(firstLine, lines).CopyTo(target[k]);
        }
    }

    /// <summary>Copies lines that do not fill a tile, with zeros for those that are missing.</summary>
    /// <param name="firstLine">First of the lines.</param>
    /// <param name="lines">How many there are.</param>
    /// <param name="firstK">First step of the depth.</param>
    /// <param name="depth">Number of steps.</param>
    /// <param name="target">[≥ depth, tile's rows] overwritten.</param>
    internal void CopyEdge(int firstLine, int lines, int firstK, int depth, Rows target)
    {
        for (int k = 0; k < depth; k++)
        {
            Span<float> step = target[k];
            step.Clear();
            for (int line = 0; line < lines; line++)
            {
                step[line] = this[firstLine + line, firstK + k];
            }
        }
    }
}

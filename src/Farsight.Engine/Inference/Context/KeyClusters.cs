using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Numerics;

namespace Farsight.Engine.Inference.Context;

/// <summary>Represents the clusters of the keys of one head, at one or two levels.</summary>
sealed class KeyClusters
{
    readonly int[][] _keys;          // [fine] indices of the keys
    readonly float[][] _centroids;   // [fine][Dh] means of the keys
    readonly int[] _coarseOf;        // [fine] coarse cluster; empty with one level
    readonly float[][] _coarse;      // [coarse][Dh]
    readonly int[] _coarseSizes;     // [coarse] keys

    KeyClusters(int[][] keys, float[][] centroids, int[] coarseOf, float[][] coarse)
    {
        (_keys, _centroids, _coarseOf, _coarse) = (keys, centroids, coarseOf, coarse);
        _coarseSizes = [.. coarse.Select((_, c) => keys.Where((_, fine) => coarseOf[fine] == c).Sum(k => k.Length))];
    }

    /// <summary>Number of centroids of all levels.</summary>
    internal int Count => _centroids.Length + _coarse.Length;

    /// <summary>Clusters the keys of a head.</summary>
    /// <param name="keys">[N, Hkv·Dh] rotated.</param>
    /// <param name="keyHead">The head.</param>
    /// <param name="headDim">Dh.</param>
    /// <param name="count">Number of clusters, 1 to N; empty ones are removed.</param>
    /// <param name="coarse">Number of clusters of the second level; 0 for one level.</param>
    /// <param name="iterations">Maximum iterations of k-means.</param>
    /// <param name="random">Seed and stream of the random choices.</param>
    internal static KeyClusters Of(
        Rows keys, int keyHead, int headDim, int count, int coarse, int iterations, (int Seed, int Stream) random)
    {
        float[][] own = [.. Enumerable.Range(0, keys.Count).Select(i => keys[i].Slice(keyHead * headDim, headDim).ToArray())];
        SeededRandom choices = SeededRandom.For(random.Seed, "key clusters", random.Stream);
        int[][] members = Members(KMeans(own, count, iterations, ref choices));
        float[][] centroids = [.. members.Select(m => Mean(own, m))];
        if (coarse == 0)
        {
            return new(members, centroids, [], []);
        }
        int[][] groups = Members(KMeans(centroids, Math.Min(coarse, centroids.Length), iterations, ref choices));
        int[] coarseOf = new int[centroids.Length];
        for (int c = 0; c < groups.Length; c++)
        {
            foreach (int fine in groups[c])
            {
                coarseOf[fine] = c;
            }
        }
        return new(members, centroids, coarseOf, [.. groups.Select(g => Mean(own, [.. g.SelectMany(fine => members[fine])]))]);
    }

    /// <summary>Returns the keys of the clusters that queries choose, ascending.</summary>
    /// <param name="queries">[T, H·Dh] rotated.</param>
    /// <param name="keyHead">The key head; all of its query heads choose together.</param>
    /// <param name="shape">Heads.</param>
    /// <param name="coarseAbove">Threshold of the coarse clusters.</param>
    /// <param name="fineAbove">Threshold of the fine clusters.</param>
    internal int[] Choose(Rows queries, int keyHead, AttentionShape shape, double coarseAbove, double fineAbove)
    {
        int[] sizes = [.. _keys.Select(k => k.Length)];
        if (_coarse.Length > 0)
        {
            double[] coarse = Average(queries, keyHead, shape, _coarse, _coarseSizes);
            for (int fine = 0; fine < sizes.Length; fine++)
            {
                sizes[fine] = coarse[_coarseOf[fine]] > coarseAbove ? sizes[fine] : 0;
            }
        }
        double[] scores = Average(queries, keyHead, shape, _centroids, sizes);
        return [.. Enumerable.Range(0, sizes.Length).Where(c => sizes[c] > 0 && scores[c] > fineAbove).SelectMany(c => _keys[c]).Order()];
    }

    /// <summary>Computes the scores of all clusters with their numbers of keys: coarse ones, and fine ones over all keys.</summary>
    internal (IEnumerable<(double Score, int Keys)> Coarse, IEnumerable<(double Score, int Keys)> Fine) Scores(
        Rows queries, int keyHead, AttentionShape shape)
    {
        int[] sizes = [.. _keys.Select(k => k.Length)];
        return (
            Average(queries, keyHead, shape, _coarse, _coarseSizes).Zip(_coarseSizes),
            Average(queries, keyHead, shape, _centroids, sizes).Zip(sizes));
    }

    /// <summary>Computes exp(a · q·C_c) / Σ_j N_j exp(a · q·C_j) for each cluster, averaged over queries and query heads.</summary>
    static double[] Average(Rows queries, int keyHead, AttentionShape shape, float[][] centroids, int[] sizes)
    {
        double[] mean = new double[centroids.Length], scores = new double[centroids.Length];
        for (int row = 0; row < queries.Count && centroids.Length > 0; row++)
        {
            for (int head = keyHead * shape.Group; head < (keyHead + 1) * shape.Group; head++)
            {
                Span<float> query = queries[row].Slice(head * shape.HeadDim, shape.HeadDim);
                for (int c = 0; c < scores.Length; c++)
                {
                    scores[c] = shape.Scale * TensorPrimitives.Dot<float>(query, centroids[c]);
                }
                double peak = scores.Max(), total = 0;
                for (int c = 0; c < scores.Length; c++)
                {
                    scores[c] = Math.Exp(scores[c] - peak);
                    total += sizes[c] * scores[c];
                }
                for (int c = 0; total > 0 && c < scores.Length; c++)
                {
                    mean[c] += scores[c] / total / ((long)queries.Count * shape.Group);
                }
            }
        }
        return mean;
    }

    /// <summary>Assigns normalized points to clusters by k-means with k-means++ starts; stops when no point changes its cluster.</summary>
    /// <returns>[points] index of the cluster.</returns>
    internal static int[] KMeans(float[][] points, int count, int iterations, ref SeededRandom random)
    {
        float[][] units = [.. points.Select(Unit)];
        float[][] centers = Starts(units, count, ref random);
        int[] cluster = new int[units.Length];
        Array.Fill(cluster, -1);
        for (int i = 0; i < iterations; i++)
        {
            bool changed = false;
            for (int p = 0; p < units.Length; p++)
            {
                int nearest = Nearest(units[p], centers);
                changed |= nearest != cluster[p];
                cluster[p] = nearest;
            }
            if (!changed)
            {
                break;
            }
            foreach (IGrouping<int, int> members in Enumerable.Range(0, units.Length).GroupBy(p => cluster[p]))
            {
                centers[members.Key] = Mean(units, [.. members]);
            }
        }
        return cluster;
    }

    /// <summary>Draws first centers: each with a probability proportional to the squared distance from those before.</summary>
    static float[][] Starts(float[][] points, int count, ref SeededRandom random)
    {
        List<float[]> centers = [points[random.Next(points.Length)]];
        double[] distance = [.. points.Select(_ => double.PositiveInfinity)];
        while (centers.Count < count)
        {
            double total = 0;
            for (int p = 0; p < points.Length; p++)
            {
                distance[p] = Math.Min(distance[p], Distance(points[p], centers[^1]));
                total += distance[p];
            }
            if (total <= 0)
            {
                break; // fewer different points than clusters
            }
            double at = random.NextDouble() * total;
            int next = 0;
            while (next < points.Length - 1 && (at -= distance[next]) > 0)
            {
                next++;
            }
            centers.Add(points[next]);
        }
        return [.. centers];
    }

    static int Nearest(float[] point, float[][] centers)
    {
        int nearest = 0;
        double best = double.PositiveInfinity;
        for (int c = 0; c < centers.Length; c++)
        {
            double distance = Distance(point, centers[c]);
            if (distance < best)
            {
                (nearest, best) = (c, distance);
            }
        }
        return nearest;
    }

    static double Distance(float[] a, float[] b)
    {
        float distance = TensorPrimitives.Distance<float>(a, b);
        return (double)distance * distance;
    }

    static float[] Unit(float[] point)
    {
        float norm = TensorPrimitives.Norm<float>(point);
        return norm == 0 ? point : [.. point.Select(v => v / norm)];
    }

    static float[] Mean(float[][] points, int[] members)
    {
        float[] mean = new float[points[0].Length];
        foreach (int member in members)
        {
            TensorPrimitives.MultiplyAdd<float>(points[member], 1f / members.Length, mean, mean);
        }
        return mean;
    }

    static int[][] Members(int[] cluster) =>
        [.. Enumerable.Range(0, cluster.Length).GroupBy(p => cluster[p]).OrderBy(g => g.Key).Select(g => g.ToArray())];
}

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Lists the physical types of Parquet by their numbers.</summary>
enum ParquetType
{
    Boolean, Int32, Int64, Int96, Float, Double, ByteArray, FixedLengthByteArray,
}

/// <summary>Represents a field of a Parquet schema: a column, or a group of fields.</summary>
/// <param name="Name">Name of the field.</param>
/// <param name="Type">Physical type of a column; null for a group.</param>
/// <param name="IsOptional">Whether it may be null.</param>
/// <param name="IsRepeated">Whether it may occur several times.</param>
/// <param name="Annotation">The meaning of the type, such as "string" or "list"; null for nothing more.</param>
/// <param name="Definition">Definition level at which the field is present.</param>
/// <param name="Repetition">Repetition level of the field's values.</param>
/// <param name="Column">Index of the column in its row group; of a group, that of its first column.</param>
/// <param name="Children">Fields of a group.</param>
sealed record ParquetField(
    string Name,
    ParquetType? Type,
    bool IsOptional,
    bool IsRepeated,
    string? Annotation,
    int Definition,
    int Repetition,
    int Column,
    IReadOnlyList<ParquetField> Children)
{
    /// <summary>Gets the length of values of a fixed length, in bytes.</summary>
    internal int Length { get; init; }

    /// <summary>Gets whether the field is a column of texts.</summary>
    internal bool IsText =>
        !IsRepeated && Type == ParquetType.ByteArray && Annotation is null or "string" or "json" or "enum" && Children.Count == 0;

    /// <summary>Gets whether the field is a list, with one element per repetition of its only child, or repeated itself.</summary>
    internal bool IsList => IsRepeated || (Annotation is "list" or "map" && Children is [{ IsRepeated: true }]);

    /// <summary>Gets the field of the elements of a list with three levels, whose middle level holds nothing else.</summary>
    internal ParquetField ElementOf(ParquetField repeated) =>
        Annotation == "list" && repeated is { Type: null, Children: [var only] }
        && repeated.Name != "array" && repeated.Name != Name + "_tuple"
            ? only : repeated;

    /// <summary>Gets the columns of the field.</summary>
    internal IEnumerable<ParquetField> Columns => Type is null ? Children.SelectMany(c => c.Columns) : [this];

    /// <summary>Describes the type as users know it: "string", "int64", "list of {role, content}".</summary>
    internal string Describe(int depth = 0)
    {
        if (depth < 8 && Annotation == "list" && Children is [{ IsRepeated: true } repeated])
        {
            return $"list of {ElementOf(repeated).DescribeOne(depth + 1)}";
        }
        return IsRepeated ? $"list of {DescribeOne(depth)}" : DescribeOne(depth);
    }

    string DescribeOne(int depth) =>
        Type is null ? Annotation == "list" && depth < 8 && Children is [{ IsRepeated: true }] && !IsRepeated ? Describe(depth)
            : $"{{{string.Join(", ", Children.Take(6).Select(c => c.Name))}}}"
        : Annotation ?? Type switch
        {
            ParquetType.ByteArray => "binary",
            ParquetType.FixedLengthByteArray => "fixed binary",
            var type => type.Value.ToString().ToLowerInvariant(),
        };
}

/// <summary>Represents a column of a row group in the file.</summary>
/// <param name="Codec">Number of the compression.</param>
/// <param name="Values">Number of values, nulls included.</param>
/// <param name="Start">Where its pages begin.</param>
/// <param name="Length">Bytes of its pages.</param>
sealed record ParquetChunk(int Codec, long Values, long Start, long Length);

/// <summary>Represents a group of rows.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">The columns in the order of the schema; null for one that lies in another file or is encrypted.</param>
sealed record ParquetRowGroup(long Rows, IReadOnlyList<ParquetChunk?> Columns);

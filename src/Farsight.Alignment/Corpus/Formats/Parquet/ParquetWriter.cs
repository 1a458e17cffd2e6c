using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Farsight.Engine;
using ZstdSharp;

namespace Farsight.Alignment.Corpus.Formats.Parquet;

/// <summary>Writes JSON objects as the rows of a Parquet file.</summary>
/// <remarks>
/// The first pass over the rows finds the columns, the second writes them: optional fields in the order of their first use, texts and
/// numbers without dictionary, compressed with Zstandard, in row groups of bounded size.
/// Source: apache/parquet-format, README.md, Encodings.md and parquet.thrift.
/// </remarks>
public sealed class ParquetWriter
{
    const int Zstd = 6, Bytes = 6, Doubles = 5, Longs = 2, Booleans = 0;
    const int MostGroup = 1 << 25; // bytes of values in a row group

    readonly Stream _output;
    readonly Node _root = new("schema", null);
    readonly List<(long Rows, long Bytes, List<byte[]> Columns)> _groups = [];
    long _at, _rows;

    ParquetWriter(Stream output) => _output = output;

    /// <summary>Writes a file.</summary>
    /// <param name="output">Receives the file.</param>
    /// <param name="rows">Returns the rows, objects with the same fields; called twice.</param>
    /// <exception cref="InputException">A field has values of different kinds, or there is nothing to write.</exception>
    public static void Write(Stream output, Func<IEnumerable<JsonElement>> rows)
    {
        ParquetWriter writer = new(output);
        foreach (JsonElement row in rows())
        {
            writer._root.Learn(row);
        }
        writer.Put("PAR1"u8);
        long rowsInGroup = 0;
        foreach (JsonElement row in rows())
        {
            writer._root.AddFields(row, 0, 0);
            rowsInGroup++;
            if (writer._root.Leaves.Sum(l => l.Size) > MostGroup)
            {
                writer.EndGroup(rowsInGroup);
                rowsInGroup = 0;
            }
        }
        if (rowsInGroup > 0)
        {
            writer.EndGroup(rowsInGroup);
        }
        writer.End();
    }

    void Put(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        _at += bytes.Length;
    }

    void EndGroup(long rows)
    {
        List<byte[]> columns = [];
        long total = 0;
        using Compressor compressor = new();
        foreach (Node leaf in _root.Leaves)
        {
            byte[] page = leaf.Page();
            byte[] stored = compressor.Wrap(page).ToArray();
            ThriftWriter header = new();
            header.Int(1, 0).Int(2, page.Length).Int(3, stored.Length);
            header.Begin(5).Int(1, leaf.Entries).Int(2, 0).Int(3, 3).Int(4, 3).End();
            byte[] head = header.End().ToArray();
            long start = _at;
            Put(head);
            Put(stored);
            ThriftWriter column = new();
            column.Long(2, start).Begin(3).Int(1, leaf.Physical).Ints(2, [0, 3]).Texts(3, leaf.Path).Int(4, Zstd).Long(5, leaf.Entries)
                .Long(6, head.Length + page.Length).Long(7, head.Length + stored.Length).Long(9, start).End();
            columns.Add(column.End().ToArray());
            total += head.Length + page.Length;
            leaf.Clear();
        }
        _groups.Add((rows, total, columns));
        _rows += rows;
    }

    void End()
    {
        ThriftWriter footer = new();
        Node[] nodes = [.. _root.All];
        footer.Int(1, 1).Structures(2, [.. nodes.SelectMany(n => n.Schema())]).Long(3, _rows);
        footer.Structures(
            4, [.. _groups.Select(g => new ThriftWriter().Structures(1, g.Columns).Long(2, g.Bytes).Long(3, g.Rows).End().ToArray())]);
        byte[] bytes = footer.Text(6, "farsight").End().ToArray();
        Put(bytes);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        Put(length);
        Put("PAR1"u8);
    }

    /// <summary>Represents a field: a group of fields, a list of one element, or a column with its values so far.</summary>
    sealed class Node(string name, Node? parent)
    {
        readonly List<Node> _children = [];
        readonly ArrayBufferWriter<byte> _values = new();
        readonly List<byte> _definitions = [], _repetitions = [];
        readonly List<bool> _bits = [];
        JsonValueKind _kind = JsonValueKind.Null;

        internal long Size => _values.WrittenCount + _definitions.Count * 2L;

        internal int Entries => _definitions.Count;

        internal IEnumerable<Node> All => _children.SelectMany(c => c.All).Prepend(this);

        internal IEnumerable<Node> Leaves => All.Where(n => n._kind is not (JsonValueKind.Object or JsonValueKind.Array) && n != Root);

        internal int Physical =>
            _kind switch { JsonValueKind.Number => IsReal ? Doubles : Longs, JsonValueKind.True => Booleans, _ => Bytes };

        internal string[] Path
        {
            get
            {
                List<string> path = [];
                for (Node? at = this; at?.Parent is { } above; at = above)
                {
                    path.Insert(0, at.Name);
                    if (above._kind == JsonValueKind.Array)
                    {
                        path.Insert(0, "list");
                    }
                }
                return [.. path];
            }
        }

        Node? Parent => parent;

        string Name => name;

        Node Root => parent?.Root ?? this;

        bool IsReal { get; set; }

        int MaxDefinition => parent is null ? 0 : parent.MaxDefinition + 1 + (parent._kind == JsonValueKind.Array ? 1 : 0);

        int MaxRepetition => parent is null ? 0 : parent.MaxRepetition + (parent._kind == JsonValueKind.Array ? 1 : 0);

        /// <summary>Takes over the kind of a value.</summary>
        internal void Learn(JsonElement value)
        {
            JsonValueKind kind = value.ValueKind == JsonValueKind.False ? JsonValueKind.True : value.ValueKind;
            if (kind == JsonValueKind.Null)
            {
                return;
            }
            if (_kind != JsonValueKind.Null && _kind != kind)
            {
                throw new InputException($"The field '{name}' has values of different kinds, which a column cannot hold.");
            }
            _kind = kind;
            if (kind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    Child(property.Name).Learn(property.Value);
                }
            }
            else if (kind == JsonValueKind.Array)
            {
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Child("element").Learn(item);
                }
            }
            IsReal |= kind == JsonValueKind.Number && !value.TryGetInt64(out _);
        }

        /// <summary>Adds the fields of an object to the columns.</summary>
        internal void AddFields(JsonElement row, int definition, int repetition)
        {
            foreach (Node child in _children)
            {
                child.Add(row.TryGetProperty(child.Name, out JsonElement value) ? value : default, definition, repetition);
            }
        }

        internal void Clear()
        {
            _values.ResetWrittenCount();
            _definitions.Clear();
            _repetitions.Clear();
            _bits.Clear();
        }

        /// <summary>Returns the levels and values of a column, as a page holds them.</summary>
        internal byte[] Page()
        {
            MemoryStream page = new();
            if (MaxRepetition > 0)
            {
                Levels(page, _repetitions);
            }
            Levels(page, _definitions);
            if (Physical == Booleans)
            {
                for (int i = 0; i < _bits.Count; i += 8)
                {
                    int packed = 0;
                    for (int k = 0; k < Math.Min(8, _bits.Count - i); k++)
                    {
                        packed |= _bits[i + k] ? 1 << k : 0;
                    }
                    page.WriteByte((byte)packed);
                }
            }
            page.Write(_values.WrittenSpan);
            return page.ToArray();
        }

        /// <summary>Returns the entries of the schema for this field; a list has one more for its repeated level.</summary>
        internal IEnumerable<byte[]> Schema()
        {
            const int Optional = 1, Repeated = 2, Utf8 = 0, List = 3;
            ThriftWriter entry = new();
            if (_kind is not (JsonValueKind.Object or JsonValueKind.Array) && parent is not null)
            {
                entry.Int(1, Physical).Int(3, Optional).Text(4, name);
                yield return (Physical == Bytes ? entry.Int(6, Utf8).Begin(10).Begin(1).End().End() : entry).End().ToArray();
                yield break;
            }
            if (parent is not null)
            {
                entry.Int(3, Optional);
            }
            entry.Text(4, name).Int(5, _children.Count);
            if (_kind != JsonValueKind.Array)
            {
                yield return entry.End().ToArray();
                yield break;
            }
            yield return entry.Int(6, List).Begin(10).Begin(3).End().End().End().ToArray();
            yield return new ThriftWriter().Int(3, Repeated).Text(4, "list").Int(5, 1).End().ToArray();
        }

        void Add(JsonElement value, int definition, int repetition)
        {
            if (value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            {
                AddMissing(definition, repetition);
                return;
            }
            definition++;
            switch (_kind)
            {
                case JsonValueKind.Object:
                    AddFields(value, definition, repetition);
                    break;
                case JsonValueKind.Array when value.GetArrayLength() == 0:
                    _children.ForEach(c => c.AddMissing(definition, repetition));
                    break;
                case JsonValueKind.Array:
                    int at = repetition;
                    foreach (JsonElement item in value.EnumerateArray())
                    {
                        _children[0].Add(item, definition + 1, at);
                        at = _children[0].MaxRepetition;
                    }
                    break;
                default:
                    _definitions.Add((byte)definition);
                    _repetitions.Add((byte)repetition);
                    AddValue(value);
                    break;
            }
        }

        void AddValue(JsonElement value)
        {
            Span<byte> number = stackalloc byte[8];
            switch (Physical)
            {
                case Booleans:
                    _bits.Add(value.GetBoolean());
                    break;
                case Longs:
                    BinaryPrimitives.WriteInt64LittleEndian(number, value.GetInt64());
                    _values.Write(number);
                    break;
                case Doubles:
                    BinaryPrimitives.WriteDoubleLittleEndian(number, value.GetDouble());
                    _values.Write(number);
                    break;
                default:
                    byte[] text = Encoding.UTF8.GetBytes(value.GetString()!);
                    BinaryPrimitives.WriteInt32LittleEndian(number, text.Length);
                    _values.Write(number[..4]);
                    _values.Write(text);
                    break;
            }
        }

        void AddMissing(int definition, int repetition)
        {
            if (_children.Count == 0)
            {
                _definitions.Add((byte)definition);
                _repetitions.Add((byte)repetition);
            }
            _children.ForEach(c => c.AddMissing(definition, repetition));
        }

        Node Child(string childName)
        {
            Node? child = _children.Find(c => c.Name == childName);
            if (child is null)
            {
                _children.Add(child = new(childName, this));
            }
            return child;
        }

        /// <summary>Writes levels as runs, with their length before them.</summary>
        static void Levels(MemoryStream page, List<byte> levels)
        {
            MemoryStream runs = new();
            for (int i = 0; i < levels.Count;)
            {
                int end = i + 1;
                while (end < levels.Count && levels[end] == levels[i])
                {
                    end++;
                }
                for (uint header = (uint)(end - i) << 1; ; header >>= 7)
                {
                    runs.WriteByte((byte)(header < 128 ? header : header | 128));
                    if (header < 128)
                    {
                        break;
                    }
                }
                runs.WriteByte(levels[i]);
                i = end;
            }
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, (int)runs.Length);
            page.Write(length);
            runs.WriteTo(page);
        }
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace Farsight.Alignment.Data;

/// <summary>Why a chunk is in the context.</summary>
[JsonConverter(typeof(ChunkRoleConverter))]
public enum ChunkRole
{
    /// <summary>Holds what the question asks for.</summary>
    Relevant,

    /// <summary>Shares something with the question, and does not answer it alone.</summary>
    Partial,

    /// <summary>Has nothing to do with the question.</summary>
    Irrelevant,
}

/// <summary>Names in snake_case, and only names.</summary>
sealed class ChunkRoleConverter() : JsonStringEnumConverter<ChunkRole>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

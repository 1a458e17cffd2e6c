using System.Text.Json;
using System.Text.Json.Serialization;

namespace Farsight.Alignment.Data;

/// <summary>Where a sample's question is from.</summary>
[JsonConverter(typeof(QuestionOriginConverter))]
public enum QuestionOrigin
{
    /// <summary>It asks for a fact that was put into the context.</summary>
    Fact,

    /// <summary>It came with the document.</summary>
    Document,

    /// <summary>A model wrote it about one chunk.</summary>
    SingleDetail,

    /// <summary>A model wrote it about chunks that must be read together.</summary>
    MultiDetail,

    /// <summary>A model wrote it, and it asks for a summary of consecutive chunks.</summary>
    Summary,

    /// <summary>A model wrote it as one of several instructions about one chunk (LongPO).</summary>
    Instruction,
}

/// <summary>Names in snake_case, and only names.</summary>
sealed class QuestionOriginConverter()
    : JsonStringEnumConverter<QuestionOrigin>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

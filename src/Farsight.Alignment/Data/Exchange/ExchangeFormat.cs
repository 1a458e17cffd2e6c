namespace Farsight.Alignment.Data.Exchange;

/// <summary>How other programs write preferences.</summary>
public enum ExchangeFormat
{
    /// <summary>TRL, conversational: prompt, chosen and rejected as lists of messages. One line for each rejected response.</summary>
    Trl,

    /// <summary>TRL, standard: prompt, chosen and rejected as texts. One line for each rejected response.</summary>
    TrlText,

    /// <summary>
    /// OpenAI's preference fine-tuning: input.messages, preferred_output, non_preferred_output. One line for each rejected response.
    /// </summary>
    OpenAi,

    /// <summary>OpenAI's supervised fine-tuning: messages with the chosen response; the rejected ones are left out.</summary>
    OpenAiMessages,
}

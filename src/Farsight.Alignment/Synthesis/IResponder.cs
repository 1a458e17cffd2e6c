namespace Farsight.Alignment.Synthesis;

/// <summary>Who answers: the local model or an endpoint.</summary>
interface IResponder
{
    /// <summary>Sample numbers whose asks are answered together.</summary>
    int GroupSize { get; }

    /// <summary>Groups that may be under way at a time.</summary>
    int GroupsAtOnce { get; }

    /// <summary>
    /// [asks] the text of each answer, without white space around it; null for one that did not end. Equal lists give equal answers.
    /// </summary>
    /// <param name="asks">Of one group.</param>
    /// <param name="cancel">Gives the asks up; where that would throw work away that is soon done, it may go on.</param>
    Task<IReadOnlyList<string?>> Answer(IReadOnlyList<ModelAsk> asks, CancellationToken cancel);
}

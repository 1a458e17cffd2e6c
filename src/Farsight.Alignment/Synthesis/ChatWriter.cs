using Microsoft.Extensions.AI;

namespace Farsight.Alignment.Synthesis;

/// <summary>A model behind a chat client that writes questions and responses.</summary>
/// <param name="Client">Answers; several asks at a time.</param>
/// <param name="Name">The model's name, which stands in the samples.</param>
/// <param name="Concurrency">Requests worth sending at a time; the client may hold some of them back.</param>
public sealed record ChatWriter(IChatClient Client, string Name, int Concurrency);

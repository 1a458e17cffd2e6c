namespace Farsight.Text.Tokenizers;

/// <summary>Merges the tokens of the files beside a tokenizer.json with its own.</summary>
/// <remarks>
/// The rules are those of Hugging Face's libraries. A token of tokenizer.json keeps its id and takes the flags of
/// added_tokens_decoder. A token that only the vocabulary contains becomes an added token. Any other token gets the id that its file
/// states, or the next free id. A named token that ordinary text produces, such as a pad_token "!", remains text here.
/// </remarks>
/// <param name="vocabulary">Spellings and ids of tokenizer.json, without its added tokens.</param>
/// <param name="added">The added tokens of tokenizer.json; receives the others.</param>
/// <param name="isText">Returns whether ordinary text produces the token with this id: a byte, or the result of a merge.</param>
/// <param name="capacity">Number of ids of the model; a token with a higher id is skipped.</param>
sealed class TokenMerger(
    IReadOnlyDictionary<string, int> vocabulary, Dictionary<string, AddedToken> added, Func<string, int, bool> isText, int capacity)
{
    readonly HashSet<int> _taken = [.. vocabulary.Values, .. added.Values.Select(t => t.Id)];
    readonly List<string> _notices = [];
    readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Adds the tokens.</summary>
    /// <returns>Notices about contradictions to tokenizer.json and about tokens that were skipped.</returns>
    internal IReadOnlyList<string> Add(TokenizerConfig config)
    {
        _names.UnionWith(config.Named.Values.Concat(config.Additional).Where(c => c.Length > 0));
        foreach (ListedToken listed in config.Listed)
        {
            AddListed(listed);
        }
        foreach (string content in config.Named.Values.Concat(config.Additional).Distinct(StringComparer.Ordinal).Where(_names.Contains))
        {
            AddNamed(content);
        }
        return _notices;
    }

    void AddListed(ListedToken listed)
    {
        string content = listed.Token.Content;
        AddedToken token = listed.Token with { Special = listed.Token.Special || _names.Contains(content) };
        if (content.Length == 0)
        {
            return;
        }
        if (added.TryGetValue(content, out AddedToken? own))
        {
            NoteId(listed, own.Id);
            if (listed.HasFlags && Differences(own, listed.Token) is { Length: > 0 } differences)
            {
                _notices.Add(
                    $"{listed.File}: '{content}' differs in {string.Join(", ", differences)} from tokenizer.json; "
                        + "added_tokens_decoder is used, as transformers does.");
                added[content] = token with { Id = own.Id };
            }
        }
        else if (vocabulary.TryGetValue(content, out int id))
        {
            NoteId(listed, id);
            Promote(token with { Id = id });
        }
        else if (_taken.Contains(token.Id) || token.Id >= capacity)
        {
            string problem = token.Id >= capacity ? "which is outside the model's vocabulary" : "which belongs to another token";
            _notices.Add(
                $"{listed.File}: '{content}' has the id {token.Id}, {problem}; it is skipped and remains text. "
                    + "Use files of the same model.");
        }
        else
        {
            Put(token);
        }
    }

    void AddNamed(string content)
    {
        if (added.ContainsKey(content))
        {
            return;
        }
        if (vocabulary.TryGetValue(content, out int id))
        {
            Promote(new(id, content, Special: true));
        }
        else if (Math.Max(vocabulary.Count, added.Values.Select(t => t.Id).DefaultIfEmpty(-1).Max() + 1) is var next
            && next < capacity
            && !_taken.Contains(next))
        {
            Put(new(next, content, Special: true));
        }
        else
        {
            _notices.Add(
                $"The special token '{content}' has no id in tokenizer.json or the files beside it; it is skipped and remains text.");
        }
    }

    void Promote(AddedToken token)
    {
        if (isText(token.Content, token.Id))
        {
            _notices.Add(
                $"The token '{token.Content}' is listed as an added token, but ordinary text also produces it; it remains text.");
            return;
        }
        added.Add(token.Content, token);
    }

    void Put(AddedToken token)
    {
        added.Add(token.Content, token);
        _taken.Add(token.Id);
    }

    void NoteId(ListedToken listed, int id)
    {
        if (listed.Token.Id != id)
        {
            _notices.Add(
                $"{listed.File}: '{listed.Token.Content}' has the id {listed.Token.Id}, but tokenizer.json gives it {id}; "
                    + "tokenizer.json is used.");
        }
    }

    static string[] Differences(AddedToken a, AddedToken b) =>
    [
        .. new (string Name, bool Differs)[]
        {
            ("special", a.Special != b.Special),
            ("single_word", a.SingleWord != b.SingleWord),
            ("lstrip", a.LeftStrip != b.LeftStrip),
            ("rstrip", a.RightStrip != b.RightStrip),
            ("normalized", a.Normalized != b.Normalized),
        }
            .Where(d => d.Differs)
            .Select(d => d.Name),
    ];
}

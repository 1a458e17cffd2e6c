using Farsight.Alignment.Corpus;
using Farsight.Alignment.Corpus.Reading;
using Farsight.Engine;

namespace Farsight.Tests.Alignment.Corpus;

/// <summary>Gives each test a folder whose files are read as a corpus.</summary>
public abstract class CorpusFolder : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected IEnumerable<SourceDocument> Read(Func<CorpusOptions, CorpusOptions> options, CorpusReport? report = null) =>
        DocumentReader.Read(options(new CorpusOptions(_folder.Path)), report ?? new());

    private protected string Fault(Func<CorpusOptions, CorpusOptions> options) =>
        Assert.Throws<InputException>(() => Read(options).ToList()).Message;

    private protected string At(string name) => _folder[name];

    private protected void Write(string name, string content) => File.WriteAllText(At(name), content);
}

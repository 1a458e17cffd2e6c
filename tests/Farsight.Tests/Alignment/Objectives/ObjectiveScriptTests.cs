using System.Globalization;
using Farsight.Alignment.Objectives;

namespace Farsight.Tests.Alignment.Objectives;

/// <summary>The objectives against losses that Golden/objectives.py computes from their formulas.</summary>
[Trait("Category", "Golden")]
public sealed class ObjectiveScriptTests
{
    public static TheoryData<string, double> Losses
    {
        get
        {
            TheoryData<string, double> losses = [];
            foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden/objectives.txt")))
            {
                string[] parts = line.Split(": ");
                losses.Add(parts[0], double.Parse(parts[1], CultureInfo.InvariantCulture));
            }
            return losses;
        }
    }

    [Theory, MemberData(nameof(Losses))]
    public void Losses_match_those_of_the_script(string name, double loss)
    {
        object[] found = ObjectiveTests.Cases.Select(c => (object[])c).Single(c => (string)c[0] == name);

        Assert.Equal(loss, ((IPreferenceObjective)found[1]).Evaluate((PreferenceLogProbs)found[2]).Loss, 1e-12);
    }
}

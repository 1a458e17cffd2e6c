using System.Globalization;
using Farsight.Mutation;

// The first two forms are for people; they start the others.
// Farsight.Mutation CONFIG FOLDER                tests every mutant of the area and prints the score
// Farsight.Mutation CONFIG FOLDER survivors      tests only those that no test has noticed, after tests were added
// Farsight.Mutation CONFIG FOLDER cover          records which test reaches which mutant
// Farsight.Mutation CONFIG FOLDER test           tests mutants until one of them breaks the process
// Farsight.Mutation CONFIG FOLDER test MUTANT    tests one mutant in a process of its own
return args switch
{
    [string config, string folder] => Supervisor.Run(new(config, folder), [config, folder], survivorsOnly: false),
    [string config, string folder, "survivors"] => Supervisor.Run(new(config, folder), [config, folder], survivorsOnly: true),
    [string config, string folder, "cover"] => Worker.Cover(new(config, folder)),
    [string config, string folder, "test"] => Worker.TestMany(new(config, folder)),
    [string config, string folder, "test", string id] => Worker.TestAlone(new(config, folder), int.Parse(id, CultureInfo.InvariantCulture)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: Farsight.Mutation CONFIG FOLDER [survivors]. tests/mutation/run creates both arguments.");
    return 2;
}

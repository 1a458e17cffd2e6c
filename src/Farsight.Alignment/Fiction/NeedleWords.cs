using Farsight.Engine.Numerics;

namespace Farsight.Alignment.Fiction;

/// <summary>Provides the words of needles. A hash of each key word assigns it to one split.</summary>
/// <remarks>
/// Invented words are drawn until one falls into the wanted half, so both halves have the same distribution of shapes and
/// still share no word. Value words are not split: a value is copied, not recognized.
/// </remarks>
sealed class NeedleWords
{
    static readonly string[] s_onsets = List("b br c cl d dr f fl g gr h j k l m n p pr qu r s sk st t th tr v w y z");
    static readonly string[] s_vowels = List("a e i o u a e i o ai ea ei io ou");
    static readonly string[] s_codas = List("n l r s m t x nd rn sk th lm");

    static readonly string[] s_nouns = List("""
        acorn alley almanac anchor anvil apple apron arch armchair arrow attic autumn awning axle bagpipe bakery balcony ballad
        bamboo banjo banner barley barn barrel basin basket beacon bell bellows bench berry bicycle blanket blossom boat bobbin
        bonfire bonnet bookshelf bottle boulder bracelet branch bread breeze brick bridge broom brush bucket buckle butter
        button cabbage cabin cable cake camera canal candle canoe canvas carpet carriage carrot cart castle cathedral cave cellar
        chain chair chalk chapel chart cherry chest chimney chisel cider cinder circus clay cliff cloak clock cloud clover
        coal coat cobweb coffee coin comet compass copper coral cork corridor cottage cotton courtyard cradle crate crayon creek
        cricket crown crystal cup curtain cushion dagger daisy dam dawn desert desk diamond dome donkey door drawer drum dune
        dust easel echo elbow ember engine envelope fabric feather fence fern ferry fiddle field fig flag flame flask flute fog
        forest forge fork fountain frost furnace galaxy gallery garden garlic gate ginger glacier glade glass glove goblet
        granite grape grove guitar gutter hammer hammock harbor harp harvest hat hazel hearth hedge helmet hill hinge honey
        horizon horn hut ice igloo ink iron island ivory ivy jacket jar jelly jewel jug kettle kite kitchen knot ladder ladle
        lagoon lake lamp lantern lawn leaf ledger lemon lens letter lever lighthouse lily linen lock locket loft log loom
        magnet mallet mandolin map maple marble market marsh mask mast match meadow medal melon meteor mill mint mirror mitten
        moat moon mortar moss mountain museum mushroom mustard napkin needlework nest nickel notebook nutmeg oar oasis oats
        ocean olive onion opal orange orchard organ oven paddle palace pancake paper parade parasol parcel parlor pasture path
        pear pearl pebble pen pencil pendulum pepper piano picnic pier pillow pine pipe pitcher planet plank plaza plough plum
        pocket pond porch portrait postcard potato pottery prairie prism puddle pulley pumpkin purse puzzle pyramid quarry
        quill quilt quiver raft railing rain raincoat raisin ramp reef ribbon rice river roof rope rosemary rudder rug saddle
        sail salt sand sandal satchel saucer scarf school scissors scroll shadow shawl shed shell shelf shield ship shoe shovel
        shutter sickle signal silk silver sketch sled sleeve smoke snow soap spade spark spice spindle spiral spoon spring
        stable stairs statue steam steeple stone storm stove straw stream street sugar summer sundial sunset swamp sword table
        tapestry tea teapot telescope temple tent terrace thimble thread throne thunder ticket tide timber tin torch tower
        trail train trellis trumpet trunk tulip tunnel turnip umbrella valley vase vault velvet veranda vest village vine
        vinegar violet violin wagon waistcoat wall walnut watch waterfall wave wax well wharf wheat wheel whisker whistle
        willow wind window winter wire wool workshop yacht yarn yew zephyr zinc
        """);

    static readonly string[] s_adjectives = List("""
        ancient bent blunt bold brave bright brisk broad broken calm careful cheerful clean clever cold cosy crooked curly
        curious damp dark deep distant dusty dry early eager empty faded faint famous fast fierce flat foreign forgotten fresh
        gentle giant glad graceful grand grateful handsome happy heavy hidden hollow honest humble hungry idle jolly kind large
        late lazy little lively lonely long loud loyal lucky mellow merry mighty modest muddy narrow neat new nimble noble noisy
        odd old open painted pale patient plain pleasant polished polite proud quick quiet rare restless rough round rustic
        secret shallow sharp shiny short shy silent simple sleepy slender slow small smooth soft solemn sour square stately
        steady steep stern still strange striped strong stubborn sturdy sunny sweet swift tall tame tangled tender thick thin
        tidy tiny tired twisted upright useful vast warm weary wet wide wild windy wise wooden worn woven young
        """);

    static readonly string[] s_givenNames = List("""
        Ada Agnes Alba Alden Alma Ambrose Anders Anika Anselm Ansel Astrid Aurel Basil Beatrix Benno Bertil Bruno Carla Casper
        Cecil Celia Clara Clement Cora Cosima Cyril Dagny Dalia Darius Delia Dora Edda Edgar Edith Egon Elias Elke Elmer Elsa
        Emeric Enid Erik Ernst Esme Ethel Eugene Fabian Felix Fiona Flora Floyd Frida Gilda Giles Greta Gustav Hanna Harald
        Hector Hedda Helga Henrik Hilda Hugo Ida Ilona Imre Ines Ingrid Iris Isolde Ivo Jasper Jonas Joran Judith Julius Karin
        Kasimir Klara Konrad Lambert Lars Laszlo Leila Leonie Linus Lorenz Lotte Lucian Ludwig Mabel Magda Magnus Maren Margot
        Matilda Maud Milan Mirko Moritz Nadia Nestor Nina Nora Oda Odile Olaf Olga Orla Oskar Ottilie Otto Paula Perrin Petra
        Philippa Quentin Ragna Ralph Ramona Regina Remy Roland Rosalind Rufus Runa Sabine Saskia Selma Sigrid Silas Simon Solveig
        Stella Sven Tamsin Teresa Thea Theo Tilda Tobias Ulla Ulrich Una Ursula Valentin Vera Vida Viktor Viola Waldemar Wanda
        Werner Wilma Wolfram Xenia Yannick Ylva Yvonne Zelda Zora
        """);

    static readonly string[] s_things = List("""
        amulet atlas axe bonnet book bowl box bracelet brooch casket chalice charm chess clock compass crown cup dagger diary
        diamond doll drum fan fiddle flask flute goblet harp helmet horn jewel journal key kite ladle lantern letter locket lute
        map mask medal mirror necklace opal painting pearl pendant pipe poem prism purse puppet quill ribbon ring ruby saddle
        scarf scroll seal shield shell statue sundial sword teapot telescope trumpet urn vase violin watch whistle
        """);

    static readonly string[] s_colors = List("""
        amber azure black blue bronze brown cobalt copper coral cream crimson ebony emerald golden gray green indigo ivory jade
        lemon lilac maroon navy olive orange pink purple red rusty saffron sapphire scarlet silver snowy speckled spotted tawny
        turquoise umber violet white yellow
        """);

    static readonly string[] s_animals = List("""
        adder badger bear beaver beetle bison bittern boar buffalo camel cat cobra crab crane crow curlew deer dolphin dove
        dragonfly duck eagle eel egret elk falcon ferret finch fox frog gecko goat goose gull hare hawk hedgehog heron horse ibex
        jackal jay kestrel kingfisher kiwi koala lark lemur leopard lion lizard lobster lynx magpie marten mole moose moth mouse
        newt octopus osprey otter owl ox oyster panda panther parrot pelican penguin pigeon pike plover pony puffin quail rabbit
        raven robin salmon seal shark shrew sparrow spider squid stag stoat stork swallow swan tiger toad trout turtle viper
        walrus wasp weasel whale wolf wombat wren yak zebra
        """);

    static readonly string[] s_townHeads = List("""
        Alder Amber Ash Bar Birch Black Brack Bram Bright Calder Carn Clay Cold Corn Crow Dal Dun Elder Elm Fair Fal Fen Glen
        Gold Gran Hart Haven Hazel Heath High Hol Kings Lang Lin Long Mar Marsh Mill Moor Nor Oak Old Or Pen Quarr Raven Red
        Ridge Rook Salt Sel Silver Stan Stone Sun Sward Thorn Tor Ul Val Wes West White Wil Winter Wood Yar
        """);

    static readonly string[] s_townTails = List("""
        bank borough bourne bridge brook burn burg bury by cliff combe cross dale den field ford gate hall ham haven hurst keep
        land ley market mere mouth port rock shore stead stow thorpe ton vale wall wick wold worth
        """);

    static readonly NeedleWords s_training = new(NeedleSplit.Training);
    static readonly NeedleWords s_evaluation = new(NeedleSplit.Evaluation);

    readonly NeedleSplit _split;
    readonly string[] _nouns, _adjectives, _givenNames, _things;

    NeedleWords(NeedleSplit split)
    {
        _split = split;
        _nouns = Half(s_nouns);
        _adjectives = Half(s_adjectives);
        _givenNames = Half(s_givenNames);
        _things = Half(s_things);

        string[] Half(string[] words) => [.. words.Where(w => SplitOf(w) == split)];
    }

    public static NeedleWords Of(NeedleSplit split) => split == NeedleSplit.Training ? s_training : s_evaluation;

    /// <summary>Returns the split of a key word, ignoring case.</summary>
    public static NeedleSplit SplitOf(string word) =>
        (NeedleSplit)(SeededRandom.For(0, $"needle word/{word.ToLowerInvariant()}", 0).NextUInt64() >> 63);

    public static string Passphrase(ref SeededRandom random) => $"{random.Pick(s_colors)} {random.Pick(s_animals)}";

    public static string Town(ref SeededRandom random) => random.Pick(s_townHeads) + random.Pick(s_townTails);

    public string Noun(ref SeededRandom random) => random.Pick(_nouns);

    public string Thing(ref SeededRandom random) => random.Pick(_things);

    public string Adjective(ref SeededRandom random) => random.Pick(_adjectives);

    public string GivenName(ref SeededRandom random) => random.Pick(_givenNames);

    /// <summary>"Vornea"</summary>
    public string InventedName(ref SeededRandom random) => Capitalized(InventedWord(ref random));

    /// <summary>"quiet harbor"</summary>
    public string Described(ref SeededRandom random) => $"{random.Pick(_adjectives)} {random.Pick(_nouns)}";

    /// <summary>"Greta", "Vornea" or "Greta Vornea".</summary>
    public string Person(ref SeededRandom random)
    {
        int form = random.Next(10);
        string first = form < 4 ? random.Pick(_givenNames) : Capitalized(InventedWord(ref random));
        return form is 0 or 4 ? $"{first} {Capitalized(InventedWord(ref random))}" : first;
    }

    /// <summary>Two or three syllables: "dremoul", "kastifen".</summary>
    public string InventedWord(ref SeededRandom random)
    {
        string word;
        do
        {
            word = Syllable(ref random) + Syllable(ref random);
            word += random.Next(4) == 0 ? Syllable(ref random) : "";
            word += random.Next(3) > 0 ? random.Pick(s_codas) : "";
        }
        while (SplitOf(word) != _split);
        return word;
    }

    static string Syllable(ref SeededRandom random) => random.Pick(s_onsets) + random.Pick(s_vowels);

    static string Capitalized(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    static string[] List(string words) => words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}

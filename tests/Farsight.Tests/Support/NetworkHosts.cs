using System.Diagnostics;
using System.Globalization;

namespace Farsight.Tests.Support;

/// <summary>Two "hosts": network namespaces with names and addresses of their own, connected by a pair of virtual interfaces.</summary>
sealed class NetworkHosts : IDisposable
{
    const string Network = "10.77.23";

    readonly TemporaryFolder _folder = new();
    readonly string[] _names;

    /// <summary>Creates the hosts.</summary>
    internal NetworkHosts()
    {
        string id = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        _names = [$"fsa{id}", $"fsb{id}"];
        foreach (string name in _names)
        {
            Ip($"netns add {name}");
        }
        Ip($"link add eth netns {_names[0]} type veth peer name eth netns {_names[1]}");
        for (int host = 0; host < _names.Length; host++)
        {
            Ip($"-n {_names[host]} addr add {Network}.{host + 1}/24 dev eth");
            Ip($"-n {_names[host]} link set lo up");
            Ip($"-n {_names[host]} link set eth up");
        }
        // What a launcher uses in place of ssh: HOST COMMAND….
        File.WriteAllText(Agent, $"""
            #!/bin/sh
            case $1 in {Network}.1) name={_names[0]};; {Network}.2) name={_names[1]};; *) exit 1;; esac
            shift
            exec ip netns exec $name unshare --uts sh -c "hostname $name; $*"

            """.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows()) // which has no network namespaces
        {
            File.SetUnixFileMode(Agent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Null if hosts can be made and have Open MPI, else the reason a test is skipped for.</summary>
    internal static string? Missing { get; } =
        Launcher is null ? "Open MPI is not installed; install openmpi-bin."
        : CanMake() ? null
        : "Network namespaces cannot be created; run as root with ip and unshare, where the kernel permits it.";

    static string? Launcher => Mpi.Launchers.FirstOrDefault(l => !l.EndsWith("mpich", StringComparison.Ordinal));

    string Agent => _folder["agent.sh"];

    /// <summary>Bytes that the second host has received.</summary>
    internal long Received =>
        long.Parse(Ip($"netns exec {_names[1]} cat /sys/class/net/eth/statistics/rx_bytes"), CultureInfo.InvariantCulture);

    /// <summary>Starts the command with some ranks on each host; the launcher runs on the first.</summary>
    internal Process Start(int ranksPerHost, params string[] args)
    {
        ProcessStartInfo start = new("ip") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] line =
        [
            "netns", "exec", _names[0], "unshare", "--uts", "sh", "-c", $"hostname {_names[0]}; exec \"$@\"", "sh",
            Launcher!, "--host", $"{Network}.1:{ranksPerHost},{Network}.2:{ranksPerHost}", "-n", $"{2 * ranksPerHost}", "--bind-to", "none",
            "--mca", "plm_rsh_agent", Agent, "--mca", "btl", "tcp,self",
            "--mca", "btl_tcp_if_include", $"{Network}.0/24", "--mca", "oob_tcp_if_include", $"{Network}.0/24",
            Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "farsight.dll"), .. args,
        ];
        Array.ForEach(line, start.ArgumentList.Add);
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        return Process.Start(start)!;
    }

    public void Dispose()
    {
        foreach (string name in _names)
        {
            Ip($"netns del {name}");
        }
        _folder.Dispose();
    }

    static bool CanMake()
    {
        try
        {
            using NetworkHosts hosts = new();
            return hosts.Received >= 0;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    static string Ip(string args)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string output = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"ip {args}: {error}");
    }
}

/// <summary>A test that needs two hosts; skipped, with the reason, where they cannot be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class HostsFactAttribute : FactAttribute
{
    public HostsFactAttribute() => Skip = NetworkHosts.Missing;
}

using System.CommandLine;
using HotPath.LoadTest.Packing;
using Spectre.Console;

namespace HotPath.LoadTest.Commands;

/// <summary><c>pack</c>: signs payments into a file, to be sent within minutes.</summary>
internal static class PackCommand
{
    public static Command Create()
    {
        Option<string> data = CommonOptions.Data();
        Option<string[]> institutions = CommonOptions.Institutions();
        var count = CommonOptions.Positive(new Option<int>("--count") { Description = "Payments.", Required = true });
        var file = new Option<string>("--out") { Description = "The pack.", Required = true };
        Option<int> users = Users();
        Option<int> dynamicPercent = DynamicPercent();
        var command = new Command("pack", "Signs payments ahead of a run; the gateway takes them for ten minutes.") { data, institutions, count, file, users, dynamicPercent };
        command.SetAction(parsed =>
        {
            Pack pack = MakeWithProgress(new PackOptions
            {
                DataDirectory = parsed.GetValue(data)!,
                Count = parsed.GetValue(count),
                Institutions = parsed.GetValue(institutions)!,
                Users = parsed.GetValue(users),
                DynamicPercent = parsed.GetValue(dynamicPercent),
            });
            pack.Write(parsed.GetValue(file)!);
            AnsiConsole.WriteLine($"{pack.Count} payments in {parsed.GetValue(file)}, signed from {pack.SignedFrom:O} on");
            return 0;
        });
        return command;
    }

    public static Option<int> Users() => CommonOptions.Positive(
        new Option<int>("--users") { Description = "Distinct terminal ids.", DefaultValueFactory = static _ => 1_000_000 });

    public static Option<int> DynamicPercent() => new("--dynamic-percent") { Description = "Share of single-use codes.", DefaultValueFactory = static _ => 50 };

    /// <summary>Packs, and shows how far it is where somebody looks.</summary>
    public static Pack MakeWithProgress(PackOptions options)
    {
        Pack? pack = null;
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask signed = context.AddTask($"signing {options.Count} payments", maxValue: options.Count);
                pack = Packer.Make(options, TimeProvider.System, more => signed.Increment(more));
            });
        return pack!;
    }
}

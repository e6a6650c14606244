using System.CommandLine;
using HotPath.Host.Admin;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath notify list|resend</c>: looks at a running gateway's undelivered notifications and sends them again, by its admin listener.</summary>
internal static class NotifyVerb
{
    internal static Command Create(TextWriter output, TextWriter error) =>
        new("notify", "Undelivered notifications of a running gateway") { List(output, error), Resend(output, error) };

    private static Command List(TextWriter output, TextWriter error)
    {
        Option<string?> inst = Inst();
        Option<Uri> admin = AdminClient.Option();
        var dead = new Option<bool>("--dead") { Description = "dead letters only" };
        var pending = new Option<bool>("--pending") { Description = "those that are still tried only" };
        Option<int> limit = Options.Number("--limit", 100, 1, 1000, "at most so many of each");
        var list = new Command("list", "Show notifications that are not acknowledged, a JSON object a line") { inst, dead, pending, limit, admin };
        list.SetAction((parsed, stop) =>
        {
            (bool isDead, bool isPending) = (parsed.GetValue(dead), parsed.GetValue(pending));
            string state = isDead == isPending ? "" : isDead ? "&state=dead" : "&state=pending";
            string of = parsed.GetValue(inst) is { } given ? "&inst=" + Uri.EscapeDataString(given) : "";
            return AdminClient.SendAsync(HttpMethod.Get, parsed.GetRequiredValue(admin), $"{NotificationEndpoint.Root}?limit={parsed.GetValue(limit)}{state}{of}", output, error, stop);
        });
        return list;
    }

    private static Command Resend(TextWriter output, TextWriter error)
    {
        Option<string?> inst = Inst();
        Option<Uri> admin = AdminClient.Option();
        var id = new Option<string?>("--id") { Description = "one notification: T or R and the number", HelpName = "NOTIFY_ID" };
        var allDead = new Option<bool>("--all-dead") { Description = "all dead letters of --inst" };
        var resend = new Command("resend", "Send again: one notification, or an institution's dead letters") { id, inst, allDead, admin };
        resend.Validators.Add(given =>
        {
            bool isOne = given.GetValue(id) is not null && given.GetValue(inst) is null && !given.GetValue(allDead);
            bool isAll = given.GetValue(id) is null && given.GetValue(inst) is not null && given.GetValue(allDead);
            if (!isOne && !isAll)
            {
                given.AddError("give --id NOTIFY_ID, or --inst INST --all-dead");
            }
        });
        resend.SetAction((parsed, stop) =>
        {
            string which = parsed.GetValue(id) is { } one ? "id=" + Uri.EscapeDataString(one) : $"inst={Uri.EscapeDataString(parsed.GetValue(inst)!)}&all_dead=true";
            return AdminClient.SendAsync(HttpMethod.Post, parsed.GetRequiredValue(admin), $"{NotificationEndpoint.Root}/resend?{which}", output, error, stop);
        });
        return resend;
    }

    private static Option<string?> Inst() => new("--inst") { Description = "only this institution's", HelpName = "INST" };
}

using CsCheck;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using HotPath.Core.Routing;
using Xunit;

namespace HotPath.Core.Tests.Routing;

/// <summary>Random tables and payments, each held against a reading of the rules that looks at one route at a time and knows no order of work.</summary>
public class RouteModelTests
{
    private static readonly string[] Schemes = ["fps", "promptpay", "paynow"];
    private static readonly string[] Currencies = ["HKD", "JPY", "CNY"];
    private static readonly Channel[] Channels = [.. Enumerable.Range(0, 5).Select(number => Ways.Channel($"c{number}", maxInFlight: 1))];

    private sealed record Plan(
        int Channel, int Schemes, int Currencies, Direction? Direction, BizType? Type, long Min, long Max, bool IsEnabled, int? Digits, bool IsMaintained, int Priority, int Weight);

    private sealed record Situation(Plan[] Routes, int Schemes, int Currency, Direction Direction, BizType Type, long Amount, int Tried, int Full, int Open);

    private static readonly Gen<Plan> Route =
        from channel in Gen.Int[0, 4]
        from schemes in Gen.Frequency((2, Gen.Const(0)), (3, Gen.Int[1, 7]))
        from currencies in Gen.Int[1, 7]
        from direction in Of<Direction?>(null, null, Direction.Outbound, Direction.Inbound)
        from type in Of<BizType?>(null, null, BizType.ScanPay, BizType.FacePay)
        from min in Of(1L, 1L, 1L, 50L)
        from max in Of(long.MaxValue, long.MaxValue, 99L)
        from isEnabled in Gen.Int[0, 5]
        from digits in Of<int?>(null, null, null, null, 11)
        from maintained in Gen.Int[0, 5]
        from priority in Gen.Int[1, 3]
        from weight in Gen.Int[1, 9]
        select new Plan(channel, schemes, currencies, direction, type, min, max, isEnabled > 0, digits, maintained == 0, priority, weight);

    private static readonly Gen<Situation> Any =
        from routes in Route.Array[0, 8]
        from schemes in Gen.Frequency((2, Gen.Const(0)), (3, Gen.Int[1, 7]))
        from currency in Gen.Int[0, 2]
        from direction in Of(Direction.Outbound, Direction.Inbound)
        from type in Of(BizType.ScanPay, BizType.FacePay)
        from amount in Of(1L, 11L, 49L, 50L, 99L, 100L, 111L)
        from tried in Of(0, 0, 1, 6)
        from full in Of(0, 0, 2, 9)
        from open in Of(0, 0, 4, 17)
        select new Situation(routes, schemes, currency, direction, type, amount, tried, full, open);

    [Fact]
    public void Choice_IsOneOfTheModels_AndEveryReasonIsToo() => Any.Sample(Check, iter: 3000, threads: 1);

    private static void Check(Situation one)
    {
        Route[] routes = [.. one.Routes.Select((plan, at) => Make(plan, at))];
        var table = new RouteTable(routes, []);
        SchemeSet schemes = Named(one.Schemes).Aggregate(default(SchemeSet), (set, name) => set | table.Schemes.Of(name));
        // A scheme that no route names is none: what the model sees of the code is what the table knows of it.
        int known = one.Schemes & one.Routes.Aggregate(0, (all, plan) => all | plan.Schemes);
        var tried = default(TriedChannels);
        for (int number = 0; number < Channels.Length; number++)
        {
            if ((one.Tried >> number & 1) == 1)
            {
                tried.Add(Channels[number]);
            }
            if ((one.Full >> number & 1) == 1)
            {
                Assert.True(Channels[number].TryTakeCredit());
            }
            if ((one.Open >> number & 1) == 1)
            {
                Channels[number].Breaker.OpenManually("test");
            }
        }
        try
        {
            Compare(one, table, schemes, known, tried);
        }
        finally
        {
            for (int number = 0; number < Channels.Length; number++)
            {
                if ((one.Full >> number & 1) == 1)
                {
                    Channels[number].ReturnCredit();
                }
                Close(Channels[number].Breaker);
            }
        }
    }

    // The next situation has a channel that has recovered.
    private static void Close(ChannelBreaker breaker)
    {
        breaker.CloseManually("test");
        while (breaker.IsRecovering)
        {
            breaker.Ended(breaker.Period, ClearingOutcome.Succeeded, TimeSpan.Zero);
        }
    }

    private static void Compare(Situation one, RouteTable table, SchemeSet schemes, int known, TriedChannels tried)
    {
        var expected = one.Routes.Select((plan, at) => (Plan: plan, Id: $"r{at}", Reason: Model(one, plan, known))).ToList();
        int best = expected.Where(route => route.Reason == 0).Select(route => route.Plan.Priority).DefaultIfEmpty(-1).Min();
        var trail = default(RouteTrail);
        RouteRequest payment = Ways.Payment(one.Amount, Currencies[one.Currency], one.Direction, one.Type);
        RouteChoice choice = table.Choose(payment, schemes, tried, new Random(one.Routes.Length), ref trail);
        choice.Channel?.ReturnCredit();
        if (best < 0)
        {
            Assert.True(trail.IsEmpty);
            Assert.Equal(Refusal([.. expected.Select(route => route.Reason)], one.Type), choice.Rejection);
            return;
        }
        string[] told = trail.ToString().Split(',');
        string chosen = told[0][..told[0].IndexOfAny(['/', '@'])];
        var group = expected.Where(route => route.Reason == 0 && route.Plan.Priority == best).ToList();
        var taken = Assert.Single(group, route => route.Id == chosen);
        Assert.Same(Channels[taken.Plan.Channel], choice.Channel);
        // A route is told full when it was drawn and found so, not before: one that was not drawn may be full as well.
        bool wasDrawnFull(string id) => told.Contains(id + ":f");
        foreach (var route in expected.Where(route => route.Id != chosen))
        {
            string? said = told.Skip(1).FirstOrDefault(text => text.StartsWith(route.Id + ':', StringComparison.Ordinal))?[(route.Id.Length + 1)..];
            bool isFull = route.Reason == 'f';
            string reason = route.Reason switch
            {
                's' or 'd' or 'i' => "",
                'f' when !wasDrawnFull(route.Id) => route.Plan.Priority > best ? "p" : "e",
                '\0' => route.Plan.Priority == best ? "e" : "p",
                var other => other.ToString(),
            };
            Assert.True(isFull && route.Plan.Priority < best ? said == "f" : (said ?? "").StartsWith(reason, StringComparison.Ordinal) && (reason.Length > 0 || said is null), $"{route}: {trail}");
        }
    }

    /// <summary>What is against a route: its letter, or 0. Each rule for itself, in the order in which the protocol makes one speak for all.</summary>
    private static char Model(Situation one, Plan plan, int known)
    {
        bool isOfTheCode = known == 0 ? plan.Schemes == 0 : (plan.Schemes & known) != 0;
        (char Letter, bool Holds)[] rules =
        [
            ('s', !isOfTheCode),
            ('d', plan.Direction is not null && plan.Direction != one.Direction),
            ('i', plan.Type is not null && plan.Type != one.Type),
            ('c', (plan.Currencies >> one.Currency & 1) == 0),
            ('n', plan.Digits is not null && one.Amount % 100 != plan.Digits),
            ('h', one.Amount > plan.Max),
            ('l', one.Amount < plan.Min),
            ('x', !plan.IsEnabled),
            ('w', plan.IsMaintained),
            ('t', (one.Tried >> plan.Channel & 1) == 1),
            ('o', (one.Open >> plan.Channel & 1) == 1),
            ('f', (one.Full >> plan.Channel & 1) == 1),
        ];
        return rules.FirstOrDefault(rule => rule.Holds).Letter;
    }

    private static Rejection Refusal(char[] reasons, BizType type) =>
        reasons.Contains('f') ? Rejection.Of(RespCode.SystemBusy)
        : reasons.Any("xwot".Contains) ? Rejection.Of(RespCode.ServiceUnavailable)
        : reasons.Any("hl".Contains) ? Rejection.Of(RespCode.LimitExceeded)
        : new Rejection(RespCode.MemberIllegal, reasons.Any("cn".Contains) ? Member.Currency : type == BizType.FacePay ? Member.TradeType : Member.QrContent);

    private static Route Make(Plan plan, int at) => new()
    {
        Id = $"r{at}",
        Channel = Channels[plan.Channel],
        Schemes = [.. Named(plan.Schemes)],
        Currencies = Currencies.Where((_, number) => (plan.Currencies >> number & 1) == 1).Select(Currency.Parse).ToHashSet(),
        Direction = plan.Direction,
        BizType = plan.Type,
        MinMinorUnits = plan.Min,
        MaxMinorUnits = plan.Max,
        IsEnabled = plan.IsEnabled,
        OnlyAmountsEndingWith = plan.Digits,
        Maintenance = plan.IsMaintained ? [MaintenanceWindow.Once(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddHours(1))] : [],
        Priority = plan.Priority,
        Weight = plan.Weight,
    };

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private static IEnumerable<string> Named(int bits) => Schemes.Where((_, number) => (bits >> number & 1) == 1);
}

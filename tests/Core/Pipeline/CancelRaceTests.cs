using System.Globalization;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>Sixty-four callers at one trade: cancels, the payment's own result, refunds. Cancelled or succeeded, never both; and the channel's books say the same.</summary>
public class CancelRaceTests
{
    private const int Racers = 64;

    private int _ended;

    [Theory]
    [InlineData("Pays", 1)]
    [InlineData("Declines", 2)]
    [InlineData("PaysSilently", 3)]
    [InlineData("Loses", 4)]
    public async Task CancelsRefundsAndTheResult_AtOnce_EndAsOne_AndTheBooksAgree(string manner, int seed)
    {
        var channel = new HonestChannel(seed) { Next = Enum.Parse<HonestChannel.Manner>(manner) };
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        channel.Serve(corridor.Told);
        for (int round = 0; round < 5; round++)
        {
            Dictionary<string, string> payment = round % 4 == 3 ? corridor.FacePayment() : corridor.Payment();
            string order = payment["out_trade_no"];
            // Eight cancels are one, repeated; some come before there is a trade.
            Dictionary<string, string> repeated = corridor.Cancel(("out_trade_no", order));
            Dictionary<string, string>[] cancels =
                [.. Enumerable.Range(0, Racers - 16).Select(i => i < 8 ? repeated : corridor.Cancel(("out_trade_no", order)))];
            var random = new Random((seed * 100) + round);
            Task<Answered> paying = Task.Run(() => corridor.CallAsync(payment));
            var cancelling = Task.WhenAll(cancels.Select(cancel => LaterAsync(random.Next(12), () => corridor.CallAsync(cancel))));
            var refunding = Task.WhenAll(Enumerable.Range(0, 16).Select(_ => LaterAsync(random.Next(20), () => RefundAsync(corridor, order))));
            Task all = Task.WhenAll(paying, cancelling, refunding);
            // Virtual time stands still while they race; whoever then waits for an inquiry gets it.
            await StandStillAsync(corridor, all);
            Assert.True(await corridor.UntilAsync(() => Task.FromResult(all.IsCompleted), TimeSpan.FromMinutes(1)));

            Answered asked = await EndAsync(corridor, order);
            AssertBooksAgree(channel, asked, [.. (await refunding).OfType<Answered>()]);
            Answered paid = await paying;
            Answered final = await corridor.CallAsync(payment);
            Assert.Equal(asked["trade_status"], final["trade_status"]);
            Assert.True(final.Code == (asked["trade_status"] switch { "SUCCESS" => "0000", "CANCELLED" => "B001", _ => asked["fail_code"] }), final.Json);
            Assert.True(paid.Code == "0001" || paid.Json == final.Json, $"{paid.Json} then {final.Json}");
            await AssertCancelsAgreeAsync(corridor, cancels, await cancelling, asked["trade_status"]);
        }
    }

    /// <summary>Until they have raced: all have ended, or no call has ended and nothing has come to the channel while everything that stood in line had its turn, many times over.</summary>
    private async Task StandStillAsync(TestCorridor corridor, Task all)
    {
        long seen = -1;
        while (!all.IsCompleted && Moves() is var moves && moves != seen)
        {
            seen = moves;
            await Task.WhenAny(all, corridor.FollowAsync(turns: 100));
        }

        long Moves() => Volatile.Read(ref _ended) + corridor.Told.Pays + corridor.Told.Inquiries + corridor.Told.Reversals + corridor.Told.Refunded.Count;
    }

    private async Task<T> LaterAsync<T>(int milliseconds, Func<Task<T>> call)
    {
        await Task.Delay(milliseconds);
        T answer = await Task.Run(call);
        Interlocked.Increment(ref _ended);
        return answer;
    }

    /// <summary>30.00 of 88.80 back, as soon as there is a trade; null: there was none yet.</summary>
    private static async Task<Answered?> RefundAsync(TestCorridor corridor, string order)
    {
        Answered trade = await corridor.CallAsync(corridor.Query(("out_trade_no", order)));
        Dictionary<string, string> refund = trade.Code == "0000" ? corridor.Refund(trade, "30.00") : [];
        Answered? answer = null;
        while (refund.Count > 0 && (answer is null || answer.Code == "0001"))
        {
            answer = await corridor.CallAsync(refund);
        }
        return answer;
    }

    private static async Task<Answered> EndAsync(TestCorridor corridor, string order)
    {
        Answered? asked = null;
        Assert.True(await corridor.UntilAsync(
            async () => (asked = await corridor.CallAsync(corridor.Query(("out_trade_no", order))))["trade_status"] != "PENDING", TimeSpan.FromMinutes(5)));
        return asked!;
    }

    private static void AssertBooksAgree(HonestChannel channel, Answered asked, Answered[] refunds)
    {
        (bool isExecuted, int deliveries, long refunded) = channel.Of(TradeNo.Parse(System.Text.Encoding.ASCII.GetBytes(asked["trade_no"])));
        Assert.Equal(asked["trade_status"] == "SUCCESS", isExecuted);
        Assert.InRange(deliveries, 0, 1);
        Assert.InRange(refunds.Count(refund => refund.Code == "0000"), 0, isExecuted ? 2 : 0);
        Assert.All(refunds, refund => Assert.True(refund.Code is "0000" or "B008" or "B011", refund.Json));
        Assert.Equal(refunds.Count(refund => refund.Code == "0000") * 3_000, refunded);
        Assert.Equal(refunded / 100m, decimal.Parse(asked["total_refunded_amount"], CultureInfo.InvariantCulture));
    }

    private static async Task AssertCancelsAgreeAsync(TestCorridor corridor, Dictionary<string, string>[] cancels, Answered[] answers, string status)
    {
        string code = status == "SUCCESS" ? "B007" : "0000";
        await Task.WhenAll(cancels.Zip(answers, (cancel, first) => Task.Run(() => AssertAgreesAsync(cancel, first))));

        async Task AssertAgreesAsync(Dictionary<string, string> cancel, Answered first)
        {
            Assert.True(first.Code == code || first.Code is "0001" or "B006", first.Json);
            Answered again = await corridor.CallAsync(cancel);
            Assert.Equal((code, status), (again.Code, again["trade_status"]));
            Assert.True(code == "B007" || again.Json == (await corridor.CallAsync(cancel)).Json, again.Json);
            Assert.True(first.Code != code || code == "B007" || first.Json == again.Json, $"{first.Json} then {again.Json}");
            Assert.True(first["trade_status"] is "" or "PENDING" || first["trade_status"] == status);
        }
    }
}

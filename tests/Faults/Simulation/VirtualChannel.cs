using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Model;
using HotPath.Faults.Checking;
using HotPath.Host.Simulator;

namespace HotPath.Faults.Simulation;

/// <summary>
/// A clearing system that keeps docs/channel-contract.md, tells of it badly, and has books of its own that no crash of the gateway touches.
/// It never executes a reference twice; how often it is asked to, it counts.
/// </summary>
internal sealed class VirtualChannel(string id, Plan plan, Life world, Chance chance, Tally tally)
{
    /// <summary>The contract's default.</summary>
    internal static readonly TimeSpan SettleWindow = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, Entry> _books = [];

    internal string Id => id;

    /// <summary>The faults are over: it pays, and says so.</summary>
    internal bool IsCalm { get; set; }

    internal IReadOnlyList<ChannelEntry> Books => [.. _books.Values.Select(entry => new ChannelEntry
    {
        TradeNo = entry.Reference.TradeNo.ToString(),
        Channel = id,
        OriginalTradeNo = entry.Reference.IsRefund ? entry.Reference.Original.ToString() : "",
        AmountMinor = entry.Reference.Amount.MinorUnits,
        Currency = entry.Reference.Currency.ToString(),
        Deliveries = entry.Deliveries,
        IsExecuted = entry.IsExecuted,
        HasLied = entry.HasLied,
        Story = entry.Story,
    })];

    /// <summary>How the channel will behave to a payment or a refund that is about to be sent.</summary>
    internal Behaviour Draw()
    {
        Behaviour behaviour = Behaviour.Draw(plan, chance, IsCalm);
        tally.Count($"channel {behaviour.Deed}");
        return behaviour;
    }

    /// <summary>A payment or refund request goes out. What comes back, if anything, goes to <paramref name="answer"/>: a status and a body.</summary>
    internal void Send(byte[] request, Behaviour behaviour, Life sender, Action<int, byte[]> answer)
    {
        bool isLost = behaviour.Deed == Deed.LosesIt || (!IsCalm && chance.Happens(0.01));
        bool diesWithSender = chance.Happens(0.3);
        if (!ReferenceReader.TryRead(request, out ClearingReference reference))
        {
            throw new InvalidOperationException($"the gateway sent what is no payment and no refund: {Encoding.UTF8.GetString(request)}");
        }
        world.After(behaviour.Travel, () =>
        {
            if (!isLost && !(sender.IsDead && diesWithSender))
            {
                Receive(reference, behaviour, answer);
            }
        });
    }

    internal void Inquire(byte[] request, Action<int, byte[]> answer) => Ask(request, answer, entry =>
    {
        entry?.IsTold |= entry.IsExecuted;
        return ResultOf(entry);
    });

    internal void Reverse(byte[] request, Action<int, byte[]> answer)
    {
        ReferenceReader.TryRead(request, out ClearingReference reference);
        Ask(request, answer, entry =>
        {
            entry ??= Open(reference);
            // What was given back is not taken from its owner again, told or not.
            if (entry.IsExecuted && (entry.IsTold || reference.IsRefund))
            {
                return "SUCCESS";
            }
            Tell(entry, entry.IsExecuted ? "reverses, and gives the money back" : "blocks the reference: a reversal");
            entry.IsExecuted = false;
            entry.IsReversed = true;
            return "REVERSED";
        });
    }

    private void Ask(byte[] request, Action<int, byte[]> answer, Func<Entry?, string> look)
    {
        ReferenceReader.TryRead(request, out ClearingReference reference);
        bool fails = !IsCalm && plan.Has(FaultKinds.Channel) && chance.Happens(plan.InquiryFaultRate);
        int how = chance.Below(4);
        world.After(chance.Lognormal(TimeSpan.FromMilliseconds(5), 0.8), () =>
        {
            if (fails)
            {
                tally.Count("inquiry failed");
                // Lost on the way there, or done and lost on the way back.
                if (how >= 2)
                {
                    look(_books.GetValueOrDefault(reference.TradeNo.ToString()));
                }
                if (how % 2 == 0)
                {
                    Later(() => answer(500, []));
                }
                return;
            }
            Entry? entry = _books.GetValueOrDefault(reference.TradeNo.ToString());
            string result = look(entry);
            byte[] body = Answer(reference, result, entry?.Behaviour.DeclineCode ?? "");
            Later(() => answer(200, body));
        });
    }

    private void Receive(ClearingReference reference, Behaviour behaviour, Action<int, byte[]> answer)
    {
        bool isKnown = _books.TryGetValue(reference.TradeNo.ToString(), out Entry? known) && known.Deliveries > 0;
        Entry entry = known ?? Open(reference);
        entry.Deliveries++;
        if (isKnown)
        {
            tally.Count(reference.IsRefund ? "refund sent twice" : "payment sent twice");
            Tell(entry, $"is sent it again ({entry.Deliveries})");
            Later(() => answer(200, Answer(reference, ResultOf(entry), entry.Behaviour.DeclineCode)));
            return;
        }
        if (reference.IsRefund && Guard(reference) is { } refusal)
        {
            behaviour = behaviour with { Deed = Deed.Declines, DeclineCode = refusal };
        }
        entry.Behaviour = behaviour;
        Tell(entry, $"receives the {(reference.IsRefund ? "refund" : "payment")}: {behaviour.Deed} {behaviour.DeclineCode}");
        switch (behaviour.Deed)
        {
            case Deed.Errs:
                entry.Behaviour = behaviour with { DeclineCode = "ACCOUNT_ABNORMAL" };
                entry.IsDone = true;
                Later(() => answer(500, []));
                return;
            case Deed.SaysPending or Deed.TakesHours:
                Later(() => answer(200, Answer(reference, "PENDING", "")));
                break;
        }
        world.After(behaviour.Work, () => Finish(entry, answer));
    }

    private void Finish(Entry entry, Action<int, byte[]> answer)
    {
        Behaviour behaviour = entry.Behaviour;
        entry.IsDone = true;
        if (behaviour.Moves && (!entry.IsReversed || behaviour.Deed == Deed.Lies))
        {
            entry.IsExecuted = true;
            entry.HasLied |= entry.IsReversed;
            Tell(entry, entry.HasLied ? "executes, although it confirmed a reversal" : "executes");
        }
        string result = ResultOf(entry);
        ClearingReference reference = entry.Reference;
        (int status, byte[]? body) = behaviour.Deed switch
        {
            Deed.Pays or Deed.Declines or Deed.PaysSlowly => (200, Answer(reference, result, behaviour.DeclineCode)),
            Deed.ErrsAndPays => (500, []),
            Deed.AnswersTwice => (200, [.. Answer(reference, result, ""), .. Answer(reference, result, "")]),
            Deed.AnswersAnotherAmount => (200, Answer(reference with { Amount = new(reference.Amount.MinorUnits + 1) }, result, "")),
            Deed.AnswersAnotherReference => (200, Answer(reference with { TradeNo = new(reference.TradeNo.Stamp + 1, reference.TradeNo.Node) }, result, "")),
            Deed.AnswersNonsense => (200, Answer(reference, result, "")[..^1]),
            _ => (0, null),
        };
        if (body is not null)
        {
            entry.IsTold |= entry.IsExecuted && status == 200;
            Later(() => answer(status, body));
        }
    }

    /// <summary>The clearing house's own guard: no more goes back than was paid. From the first refund on a payment is final.</summary>
    private string? Guard(in ClearingReference refund)
    {
        (TradeNo own, TradeNo original) = (refund.TradeNo, refund.Original);
        if (!_books.TryGetValue(original.ToString(), out Entry? payment) || !payment.IsExecuted || payment.Reference.Currency != refund.Currency)
        {
            return "ORIGINAL_NOT_EXECUTED";
        }
        long held = _books.Values.Where(entry => entry.Reference.Original == original && entry.Reference.TradeNo != own && entry.WillMove)
            .Sum(entry => entry.Reference.Amount.MinorUnits);
        if (held + refund.Amount.MinorUnits > payment.Reference.Amount.MinorUnits)
        {
            return "REFUND_EXCEEDED";
        }
        payment.IsTold = true;
        return null;
    }

    private static string ResultOf(Entry? entry) =>
        entry is null ? "NOT_FOUND"
        : entry.IsExecuted ? "SUCCESS"
        : entry.IsReversed ? "REVERSED"
        : !entry.IsDone ? "PENDING"
        : entry.Behaviour.DeclineCode.Length > 0 ? "FAILED"
        : "PENDING";

    private static byte[] Answer(in ClearingReference reference, string result, string declineCode)
    {
        string decline = result == "FAILED" ? $",\"decline_code\":\"{declineCode}\"" : "";
        string number = result == "SUCCESS" ? $",\"channel_trade_no\":\"SIM{reference.TradeNo}\"" : "";
        string original = reference.IsRefund ? $",\"original_reference\":\"{reference.Original}\"" : "";
        return Encoding.UTF8.GetBytes(
            $$"""{"reference":"{{reference.TradeNo}}"{{original}},"amount_minor":"{{reference.Amount}}","currency":"{{reference.Currency}}","result":"{{result}}"{{decline}}{{number}}}""");
    }

    private Entry Open(in ClearingReference reference)
    {
        var entry = new Entry { Reference = reference };
        _books.Add(reference.TradeNo.ToString(), entry);
        return entry;
    }

    private void Later(Action action) => world.After(chance.Lognormal(TimeSpan.FromMilliseconds(2), 0.8), action);

    private void Tell(Entry entry, string what)
    {
        entry.Story.Add((world.Loop.NowMs, what));
        world.Loop.Note((ulong)what.Length);
    }

    private sealed class Entry
    {
        internal required ClearingReference Reference { get; init; }

        internal Behaviour Behaviour { get; set; }

        internal int Deliveries { get; set; }

        internal bool IsDone { get; set; }

        internal bool IsExecuted { get; set; }

        internal bool IsReversed { get; set; }

        /// <summary>It came, and money has moved or will.</summary>
        internal bool WillMove => Deliveries > 0 && Behaviour.Moves && (!IsReversed || Behaviour.Deed == Deed.Lies);

        /// <summary>SUCCESS was told: final, no reversal undoes it.</summary>
        internal bool IsTold { get; set; }

        internal bool HasLied { get; set; }

        internal List<(long AtMs, string Text)> Story { get; } = [];
    }
}

/// <summary>The gateway's side: real requests out, real reading of what comes back, the contract's deadline.</summary>
internal sealed class VirtualAdapter(VirtualChannel channel, Life life, Action<string, string> beforeSend) : IClearingAdapter
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    private readonly RequestEncoder _encoder = new();

    public void EncodePay(in PayOrder order, ClearingCall call) => _encoder.Pay(order, call.Payload);

    public void EncodeRefund(in RefundOrder order, ClearingCall call) => _encoder.Refund(order, call.Payload);

    public ValueTask<ClearingResult> PayAsync(ClearingCall call) => SendAsync(ClearingVerb.Pay, call);

    public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => SendAsync(ClearingVerb.Refund, call);

    private ValueTask<ClearingResult> SendAsync(ClearingVerb verb, ClearingCall call)
    {
        life.ThrowIfDead();
        string tradeNo = call.Reference.TradeNo.ToString();
        beforeSend(tradeNo, channel.Id);
        Behaviour behaviour = channel.Draw();
        if (behaviour.Deed == Deed.RefusesConnection)
        {
            return new ValueTask<ClearingResult>(AfterAsync(behaviour.Travel, ClearingOutcome.NotDelivered));
        }
        return ExchangeAsync(verb, call.Reference, answer => channel.Send(call.Payload.WrittenSpan.ToArray(), behaviour, life, answer));
    }

    public ValueTask<ClearingResult> InquireAsync(ClearingReference reference)
    {
        byte[] request = _encoder.Reference(reference).ToArray();
        return ExchangeAsync(ClearingVerb.Inquire, reference, answer => channel.Inquire(request, answer));
    }

    public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference)
    {
        byte[] request = _encoder.Reference(reference).ToArray();
        return ExchangeAsync(ClearingVerb.Reverse, reference, answer => channel.Reverse(request, answer));
    }

    public ValueTask DisposeAsync()
    {
        _encoder.Dispose();
        return default;
    }

    private async Task<ClearingResult> AfterAsync(TimeSpan time, ClearingOutcome outcome)
    {
        await life.Delay(time);
        return ClearingResult.Of(outcome);
    }

    private static ClearingResult Read(byte[] body, ClearingVerb verb, ClearingReference reference)
    {
        ClearingAnswer.Read(body, verb, reference, out ClearingResult result);
        return result;
    }

    private ValueTask<ClearingResult> ExchangeAsync(ClearingVerb verb, ClearingReference reference, Action<Action<int, byte[]>> send)
    {
        var ended = new TaskCompletionSource<ClearingResult>();
        life.After(Deadline, () => ended.TrySetResult(ClearingResult.Of(ClearingOutcome.Unknown)));
        send((status, body) => life.Post(() => ended.TrySetResult(
            status == 200 ? Read(body, verb, reference) : ClearingResult.Of(ClearingOutcome.Unknown))));
        return new ValueTask<ClearingResult>(ended.Task);
    }
}

namespace HotPath.Faults.Simulation;

/// <summary>What the channel does with one payment.</summary>
internal enum Deed
{
    /// <summary>Executes and says so.</summary>
    Pays = 0,
    Declines,

    /// <summary>Executes after more than the answer budget, within the adapter's deadline.</summary>
    PaysSlowly,
    PaysSilently,

    /// <summary>The request is lost on its way: the channel never hears of it.</summary>
    LosesIt,

    /// <summary>HTTP 500, executed.</summary>
    ErrsAndPays,

    /// <summary>HTTP 500, not executed.</summary>
    Errs,

    /// <summary>The same answer twice in one body, which is no answer.</summary>
    AnswersTwice,
    AnswersAnotherAmount,
    AnswersAnotherReference,
    AnswersNonsense,

    /// <summary>PENDING now, the result in a minute.</summary>
    SaysPending,

    /// <summary>PENDING now, the result in an hour or two.</summary>
    TakesHours,

    /// <summary>The connection is refused: proof that it was not delivered.</summary>
    RefusesConnection,

    /// <summary>Silent, late within the settle window, and executes although it confirmed a reversal.</summary>
    Lies,
}

/// <summary>A deed and its times, drawn when the payment is sent.</summary>
/// <param name="Deed">What it does.</param>
/// <param name="Travel">From the gateway to the channel's books.</param>
/// <param name="Work">From the books to the result.</param>
/// <param name="DeclineCode">For a decline.</param>
internal readonly record struct Behaviour(Deed Deed, TimeSpan Travel, TimeSpan Work, string DeclineCode)
{
    private static readonly Deed[] Faults = [.. Enum.GetValues<Deed>().Where(deed => deed is not (Deed.Pays or Deed.TakesHours))];

    internal bool Moves => Deed is not (Deed.Declines or Deed.LosesIt or Deed.Errs or Deed.RefusesConnection) && DeclineCode.Length == 0;

    internal static Behaviour Draw(Plan plan, Chance chance, bool isCalm)
    {
        TimeSpan travel = chance.Lognormal(TimeSpan.FromMilliseconds(2), 0.8);
        TimeSpan work = chance.Lognormal(TimeSpan.FromMilliseconds(20), 0.8);
        Deed deed = isCalm ? Deed.Pays
            : plan.Has(FaultKinds.Channel) && chance.Happens(plan.RefusalRate) ? Deed.RefusesConnection
            : plan.Has(FaultKinds.Late) && plan.HasLateResults && chance.Happens(0.05) ? Deed.TakesHours
            : plan.Has(FaultKinds.Channel) && chance.Happens(plan.ChannelFaultRate) ? chance.Pick<Deed>(Faults)
            : chance.Happens(0.1) ? Deed.Declines
            : Deed.Pays;
        switch (deed)
        {
            case Deed.PaysSlowly:
                work = chance.Between(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(14));
                break;
            case Deed.SaysPending:
                work = chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
                break;
            case Deed.TakesHours:
                work = chance.Between(TimeSpan.FromMinutes(10), LongestWork);
                break;
            case Deed.PaysSilently or Deed.Lies or Deed.ErrsAndPays:
                // Who is to be found lying needs time in which it is reversed.
                travel = deed != Deed.Lies && chance.Happens(0.5) ? travel : chance.Between(TimeSpan.Zero, VirtualChannel.SettleWindow - TimeSpan.FromMilliseconds(500));
                work = TimeSpan.Zero;
                break;
        }
        bool isDeclined = deed == Deed.Declines || (deed is Deed.SaysPending or Deed.TakesHours or Deed.PaysSlowly && chance.Happens(0.3));
        string declineCode = isDeclined ? chance.Pick("INSUFFICIENT_BALANCE", "LIMIT_EXCEEDED", "ACCOUNT_ABNORMAL") : "";
        return new Behaviour(deed, travel, work, declineCode);
    }

    /// <summary>Of <see cref="Deed.TakesHours"/>.</summary>
    internal static readonly TimeSpan LongestWork = TimeSpan.FromHours(2);
}

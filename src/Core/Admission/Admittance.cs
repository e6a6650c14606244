using HotPath.Core.Model;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Admission;

/// <summary>Whether a call may go on, and if not, why. Dispose it when the call has ended: that is what capacity is counted by.</summary>
public readonly struct Admittance : IDisposable
{
    private readonly AdmissionControl? _control;

    internal Admittance(AdmissionControl control) => _control = control;

    internal Admittance(RespCode code, GatewayMetrics.RefusalCause cause)
    {
        Code = code;
        Cause = cause;
    }

    public bool IsGranted => _control is not null;

    /// <summary>D004 above a ceiling, A001 under overload.</summary>
    public RespCode Code { get; }

    public GatewayMetrics.RefusalCause Cause { get; }

    /// <summary>
    /// For as long as the call waits for somebody else (its channel, another call's result) and wants no thread. Dispose when the wait is over.
    /// </summary>
    public Aside StepAside()
    {
        _control?.SteppedAside();
        return new Aside(_control);
    }

    public void Dispose() => _control?.Finished();

    /// <summary>A wait in which a call is not counted among those that want a thread.</summary>
    public readonly struct Aside : IDisposable
    {
        private readonly AdmissionControl? _control;

        internal Aside(AdmissionControl? control) => _control = control;

        public void Dispose() => _control?.CameBack();
    }
}

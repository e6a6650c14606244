using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using HotPath.Core.Clearing;
using HotPath.Host.Configuration;
using HotPath.Host.Sandbox;
using HotPath.Signing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>A configuration is refused for each thing that is not safe, by the path of its key.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ConfigurationTests : IClassFixture<ConfigurationTests.Keys>, IDisposable
{
    private static readonly (string PrivatePem, string PublicPem) OneKey = PemKeys.Generate();
    private static readonly (string PrivatePem, string PublicPem) SmallKey = PemKeys.Generate(1024);

    private readonly TemporaryFolder _folder = new();
    private readonly GatewayConfiguration _good;

    public ConfigurationTests(Keys keys)
    {
        keys.CopyTo(_folder.Path);
        var folder = new SandboxFolder(_folder.Path);
        _good = new GatewayConfiguration
        {
            Listen = new ListenConfiguration { Port = 0, Certificate = folder.Certificate, CertificateKey = folder.CertificateKey },
            DataDirectory = Path.Combine(_folder.Path, "data"),
            SigningKey = new KeyFileConfiguration { KeyId = "gw-1", Path = folder.GatewayPrivateKey },
            Institutions = [Institution("A1", folder.PublicKeyOf("A1")), Institution("B2", folder.PublicKeyOf("B2"))],
            Channels = [new ChannelConfiguration { Id = "one", Url = "https://channel.example/clearing" }],
            Routes = [new RouteConfiguration { Channel = "one", Currencies = ["CNY", "HKD"] }],
        };
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Configuration_ThatIsSafe_HasNoFaults()
    {
        (GatewaySettings? settings, IReadOnlyList<ConfigurationFault> faults) = ConfigurationCheck.Run(_good, TimeProvider.System);
        Assert.Empty(faults);
        Assert.NotNull(settings);
    }

    [Fact]
    public void Listen_Wrong_IsRefused()
    {
        Refused("listen", _good with { Listen = null });
        Refused("listen.address", _good with { Listen = _good.Listen! with { Address = "example.com" } });
        Refused("listen.port", _good with { Listen = _good.Listen! with { Port = 65_536 } });
        Refused("listen.certificate", _good with { Listen = _good.Listen! with { Certificate = "/nowhere.pem" } });
        Refused("listen.certificate", _good with { Listen = _good.Listen! with { Certificate = _folder.Write("junk.pem", "junk") } });
        Refused("listen.certificate_key", _good with { Listen = _good.Listen! with { CertificateKey = null } });
        Refused("listen.certificate", _good with { Listen = _good.Listen! with { Certificate = new SandboxFolder(_folder.Path).CaCertificate } });
    }

    [Fact]
    public void Certificate_ThatHasExpired_IsRefused()
    {
        var later = new FakeTimeProvider(DateTimeOffset.UtcNow.AddYears(2));
        Assert.Contains(ConfigurationCheck.Run(_good, later).Faults, fault => fault.Path == "listen.certificate");
    }

    [Fact]
    public void Admin_OffLoopback_IsRefused()
    {
        Refused("admin.address", _good with { Admin = new AdminConfiguration { Address = "0.0.0.0" } });
        Refused("admin.address", _good with { Admin = new AdminConfiguration { Address = "10.0.0.1" } });
        Refused("admin.port", _good with { Admin = new AdminConfiguration { Port = -1 } });
    }

    [Fact]
    public void Ledger_OutOfRange_IsRefused()
    {
        Refused("data_directory", _good with { DataDirectory = null });
        Refused("data_directory", _good with { DataDirectory = _folder.Write("file", "") });
        Refused("node_id", _good with { NodeId = 1000 });
        Refused("max_trades", _good with { MaxTrades = 999 });
        Refused("index_memory_mib", _good with { IndexMemoryMib = 3 });
        Refused("scrub_mib_per_second", _good with { ScrubMibPerSecond = -1 });
        Refused("scrub_mib_per_second", _good with { ScrubMibPerSecond = 1025 });
        Refused("disk_reserve_mib", _good with { DiskReserveMib = -1 });
        Refused("segment_kib", _good with { SegmentKib = 12 });
        Refused("segment_kib", _good with { SegmentKib = 1_048_580 });
        Refused("segment_kib", _good with { SegmentKib = 18 });
        Refused("checkpoint_every_records", _good with { CheckpointEveryRecords = 99 });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void Attempts_FewerThanOneOrMoreThanCanBeRemembered_AreRefused(int attempts) =>
        Refused("failover.max_attempts", _good with { Failover = new FailoverConfiguration { MaxAttempts = attempts } });

    [Fact]
    public void PrivateKey_ThatOthersCanRead_IsRefused()
    {
        string open = PrivateKey("open.pem", OneKey.PrivatePem, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Refused("signing_key.path", _good with { SigningKey = new KeyFileConfiguration { KeyId = "gw-1", Path = open } });
        string openTls = _good.Listen!.CertificateKey!;
        File.SetUnixFileMode(openTls, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Refused("listen.certificate_key", _good);
    }

    [Fact]
    public void SigningKey_Wrong_IsRefused()
    {
        Refused("signing_key", _good with { SigningKey = null });
        Refused("signing_key.key_id", _good with { SigningKey = _good.SigningKey! with { KeyId = "a b" } });
        Refused("signing_key.path", _good with { SigningKey = _good.SigningKey! with { Path = "/nowhere.pem" } });
        Refused("signing_key.path", _good with { SigningKey = _good.SigningKey! with { Path = PrivateKey("small.pem", SmallKey.PrivatePem) } });
        Refused("signing_key.path", _good with { SigningKey = _good.SigningKey! with { Path = PrivateKey("public.pem", OneKey.PublicPem) } });
    }

    [Theory]
    [InlineData("http://gateway.example.com")]
    [InlineData("https://gateway.example.com/files")]
    [InlineData("https://user@gateway.example.com")]
    [InlineData("https://gateway.example.com?x=1")]
    [InlineData("gateway.example.com")]
    [InlineData("")]
    public void PublicUrl_ThatIsMoreOrLessThanAnAuthority_IsRefused(string url) => Refused("public_url", _good with { PublicUrl = url });

    [Fact]
    public void PublicUrl_IsWhatAddressesBeginWith()
    {
        (GatewaySettings? settings, _) = ConfigurationCheck.Run(_good with { PublicUrl = "https://gateway.example.com:8443" }, TimeProvider.System);
        Assert.Equal(new Uri("https://gateway.example.com:8443/"), settings!.PublicUrl);
    }

    [Theory]
    [InlineData("0.0.0.0/0")]
    [InlineData("8.8.8.0/24")]
    [InlineData("10.0.0.0/7")]
    [InlineData("169.254.0.0/16")]
    [InlineData("169.254.169.254/32")]
    [InlineData("fe80::/10")]
    [InlineData("::ffff:10.0.0.0/104")]
    [InlineData("10.1.0.0/8")]
    [InlineData("10.0.0.0")]
    [InlineData("leased")]
    [InlineData("")]
    public void ATrustedNetwork_ThatIsNoPartOfAPrivateOne_IsRefused(string network) =>
        Refused("notify.trusted_networks[0]", _good with { Notify = new NotifyConfiguration { TrustedNetworks = [network] } });

    [Fact]
    public void ANotifyUrl_InATrustedNetwork_IsSafe_AtAnyPort_AndNoneBesideIt()
    {
        GatewayConfiguration leased = _good with { Notify = new NotifyConfiguration { TrustedNetworks = ["10.20.0.0/16", "fd12:3456::/32"] } };
        GatewayConfiguration With(string url) => leased with { Institutions = [_good.Institutions[0] with { NotifyUrl = url }] };
        foreach (string url in new[] { "https://10.20.0.7:8443/n", "https://[fd12:3456::7]/n", "https://bank.leased:8443/n", "https://8.8.8.8/n" })
        {
            (GatewaySettings? settings, IReadOnlyList<ConfigurationFault> faults) = ConfigurationCheck.Run(With(url), TimeProvider.System);
            Assert.Empty(faults);
            Assert.Equal(new Uri(url), settings!.Institutions[0].NotifyTarget!.Address);
            Assert.Equal(2, settings.Notify.TrustedNetworks.Count);
        }
        foreach (string url in new[] { "https://10.21.0.7/n", "https://127.0.0.1/n", "https://8.8.8.8:8443/n", "https://169.254.169.254/n" })
        {
            Assert.NotEmpty(Refused("institutions[0].notify_url", With(url)));
        }
    }

    [Fact]
    public void Institution_Wrong_IsRefused()
    {
        Refused("institutions", _good with { Institutions = [] });
        RefusedInstitution("inst_id", one => one with { InstId = "A-1" });
        RefusedInstitution("inst_id", one => one with { InstId = null });
        RefusedInstitution("region", one => one with { Region = "mars" });
        RefusedInstitution("language", one => one with { Language = "tlh" });
        RefusedInstitution("currencies", one => one with { Currencies = [] });
        RefusedInstitution("currencies[0]", one => one with { Currencies = ["RMB"] });
        RefusedInstitution("currencies[1]", one => one with { Currencies = ["CNY", "CNY"] });
        RefusedInstitution("interfaces", one => one with { Interfaces = [] });
        RefusedInstitution("interfaces[0]", one => one with { Interfaces = ["SCANPAY"] });
        RefusedInstitution("interfaces[1]", one => one with { Interfaces = ["REFUND", "REFUND"] });
        RefusedInstitution("notify_url", one => one with { NotifyUrl = "http://pay.example.com/n" });
        RefusedInstitution("notify_url", one => one with { NotifyUrl = "https://127.0.0.1/n" });
        RefusedInstitution("notify_url", one => one with { NotifyUrl = "https://pay.example.com:8443/n" });
        RefusedInstitution("notify_concurrency", one => one with { NotifyConcurrency = 0 });
        RefusedInstitution("keys", one => one with { Keys = [] });
        RefusedInstitution("keys[0].path", one => one with { Keys = [one.Keys[0] with { Path = "/nowhere.pem" }] });
        RefusedInstitution("keys[0].path", one => one with { Keys = [one.Keys[0] with { Path = _folder.Write("small.pem", SmallKey.PublicPem) }] });
        RefusedInstitution("keys[0].not_after", one => one with { Keys = [one.Keys[0] with { NotBefore = DateTimeOffset.UnixEpoch, NotAfter = DateTimeOffset.UnixEpoch }] });
        RefusedInstitution("keys[1].key_id", one => one with { Keys = [one.Keys[0], one.Keys[0]] });
        Refused("institutions[1].inst_id", _good with { Institutions = [_good.Institutions[0], _good.Institutions[0]] });
    }

    [Fact]
    public void Es256_WithItsKeys_IsSafe_BesideRsa2()
    {
        (GatewaySettings? settings, IReadOnlyList<ConfigurationFault> faults) = ConfigurationCheck.Run(WithEs256(_good), TimeProvider.System);
        Assert.Empty(faults);
        Assert.Equal(SignType.Es256, settings!.Es256SigningKey!.SignType);
        Assert.Equal([SignType.Es256, SignType.Rsa2], settings.Institutions.Select(one => one.Keys.SignType));
    }

    [Fact]
    public void SignType_Wrong_IsRefused_WithItsReason()
    {
        GatewayConfiguration good = WithEs256(_good);
        string rsaPublic = _good.Institutions[0].Keys[0].Path!;
        InstitutionConfiguration modern = good.Institutions[0];
        GatewayConfiguration With(InstitutionConfiguration one) => good with { Institutions = [one, good.Institutions[1]] };

        Refused("institutions[0].sign_type", With(modern with { SignType = "ES384" }));
        Refused("institutions[0].sign_type", With(modern with { SignType = "es256" }));
        Assert.Contains("es256_signing_key", Refused("institutions[0].sign_type", good with { Es256SigningKey = null }), StringComparison.Ordinal);
        Assert.Equal(
            "is a key of ES256; needed is one of RSA2", Refused("institutions[0].keys[0].path", With(modern with { SignType = "RSA2" })));
        Assert.Equal(
            "is a key of RSA2; needed is one of ES256",
            Refused("institutions[0].keys[1].path", With(modern with { Keys = [modern.Keys[0], new InstitutionKeyConfiguration { KeyId = "k2", Path = rsaPublic }] })));
        string p384 = _folder.Write("p384.pem", PublicKeyOn(System.Security.Cryptography.ECCurve.NamedCurves.nistP384));
        Assert.Contains(
            "allowed is P-256", Refused("institutions[0].keys[0].path", With(modern with { Keys = [modern.Keys[0] with { Path = p384 }] })), StringComparison.Ordinal);
        Refused("institutions[1].keys[0].path", good with { Institutions = [modern, modern with { InstId = "B2" }] });
    }

    [Fact]
    public void Es256SigningKey_Wrong_IsRefused()
    {
        GatewayConfiguration good = WithEs256(_good);
        KeyFileConfiguration key = good.Es256SigningKey!;
        Refused("es256_signing_key.key_id", good with { Es256SigningKey = key with { KeyId = "gw-1" } });
        Refused("es256_signing_key.key_id", good with { Es256SigningKey = key with { KeyId = null } });
        Refused("es256_signing_key.path", good with { Es256SigningKey = key with { Path = "/nowhere.pem" } });
        Refused("es256_signing_key.path", good with { Es256SigningKey = key with { Path = _good.SigningKey!.Path } });
        Refused("es256_signing_key.path", good with { Es256SigningKey = key with { Path = PrivateKey("es-public.pem", PemKeys.Generate(SignType.Es256).PublicPem) } });
        Refused("signing_key.path", good with { SigningKey = good.SigningKey! with { Path = key.Path } });
        File.SetUnixFileMode(key.Path!, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Refused("es256_signing_key.path", good);
    }

    [Fact]
    public void Key_OfTwoOwners_IsRefused()
    {
        Refused("institutions[1].keys[0].path", _good with { Institutions = [_good.Institutions[0], _good.Institutions[0] with { InstId = "B2" }] });
        string gateways = new SandboxFolder(_folder.Path).GatewayPublicKey;
        RefusedInstitution("keys[0].path", one => one with { Keys = [one.Keys[0] with { Path = gateways }] });
    }

    [Theory]
    [InlineData("http://channel.example/")]
    [InlineData("http://10.0.0.1:8080/")]
    [InlineData("ftp://channel.example/")]
    [InlineData("channel.example")]
    [InlineData("https://user:secret@channel.example/")]
    [InlineData("")]
    public void ChannelUrl_ThatIsNotSafe_IsRefused(string url) => RefusedChannel("url", one => one with { Url = url });

    [Theory]
    [InlineData("http://127.0.0.1:8080/")]
    [InlineData("http://localhost:8080")]
    [InlineData("http://[::1]:8080")]
    public void ChannelUrl_OfThisMachine_MayBePlain(string url) =>
        Assert.Empty(ConfigurationCheck.Run(_good with { Channels = [_good.Channels[0] with { Url = url }] }, TimeProvider.System).Faults);

    [Fact]
    public void Channel_Wrong_IsRefused()
    {
        Refused("channels", _good with { Channels = [] });
        RefusedChannel("id", one => one with { Id = "a b" });
        // In metrics it is what has no channel.
        RefusedChannel("id", one => one with { Id = "none" });
        RefusedChannel("max_in_flight", one => one with { MaxInFlight = 0 });
        RefusedChannel("max_connections", one => one with { MaxConnections = 0 });
        RefusedChannel("inquiries_per_second", one => one with { InquiriesPerSecond = 0 });
        RefusedChannel("inquiries_per_second", one => one with { InquiriesPerSecond = 10_001 });
        RefusedChannel("deadline", one => one with { Deadline = "soon" });
        RefusedChannel("deadline", one => one with { Deadline = "61s" });
        RefusedChannel("settle_window", one => one with { Deadline = "15s", SettleWindow = "14s" });
        RefusedChannel("connect_timeout", one => one with { ConnectTimeout = "9ms" });
        RefusedChannel("connect_timeout", one => one with { ConnectTimeout = "16s" });
        RefusedChannel("breaker", one => one with { Breaker = "off" });
        Refused("channels[1].id", _good with { Channels = [_good.Channels[0], _good.Channels[0]] });
    }

    /// <summary>A connection that hangs is given up after what is written down, of either protocol: below 2 s, so that another channel can be tried in what is left of 2.5 s.</summary>
    [Theory]
    [InlineData("http")]
    [InlineData("iso8583")]
    public async Task ConnectTimeout_IsTheAdaptersOwn(string protocol)
    {
        // Takes connections, and says nothing: the handshake hangs.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        string url = $"{(protocol == "http" ? "https" : "tls")}://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}";
        TimeSpan limit = TimeSpan.FromMilliseconds(300);
        (GatewaySettings? settings, IReadOnlyList<ConfigurationFault> faults) = ConfigurationCheck.Run(
            _good with { Channels = [_good.Channels[0] with { Protocol = protocol, Url = url, ConnectTimeout = "300ms" }] }, TimeProvider.System);
        Assert.Empty(faults);
        var clock = new NotedTimers();

        await using IClearingAdapter adapter = settings!.Channels[0].CreateAdapter(clock);
        Task<ClearingResult> asking = adapter.ReverseAsync(ClearingReference.Nobodys).AsTask();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!clock.Set.Contains(limit))
        {
            Assert.False(patience.IsCancellationRequested, $"set were {string.Join(' ', clock.Set)}");
            await Task.Yield();
        }
        clock.Advance(limit);

        Assert.Equal(ClearingOutcome.NotDelivered, (await asking.WaitAsync(TimeSpan.FromSeconds(30))).Outcome);
    }

    /// <summary>The last connection of a channel takes all its payments, and there is room beside them for what asks about them.</summary>
    [Theory]
    [InlineData(4096, 500, 4096 + 141)]
    [InlineData(65_536, 500, 65_536 + 141)]
    [InlineData(65_536, 10_000, 65_536 + 2516)]
    public async Task LineOfIso8583_HasRoomForInquiriesBesideAllPayments(int maxInFlight, int inquiriesPerSecond, int least)
    {
        ChannelConfiguration channel = _good.Channels[0] with { Protocol = "iso8583", Url = "tcp://127.0.0.1:9", MaxInFlight = maxInFlight, InquiriesPerSecond = inquiriesPerSecond };
        (GatewaySettings? settings, IReadOnlyList<ConfigurationFault> faults) = ConfigurationCheck.Run(_good with { Channels = [channel] }, TimeProvider.System);
        Assert.Empty(faults);
        Assert.Equal(new InquiryBudget(inquiriesPerSecond, TimeProvider.System).MostUnderWay, least - maxInFlight);

        Assert.InRange(ChannelCheck.CallsOnOneLine(channel), least + 1, least + 16);
        // The adapter takes it.
        await using IClearingAdapter adapter = settings!.Channels[0].CreateAdapter(TimeProvider.System);
    }

    [Fact]
    public void Route_Wrong_IsRefused()
    {
        Refused("routes", _good with { Routes = [] });
        Refused("routes[0].channel", _good with { Routes = [_good.Routes[0] with { Channel = "two" }] });
        Refused("routes[0].currencies[0]", _good with { Routes = [_good.Routes[0] with { Currencies = ["XXX"] }] });
        Refused("routes[0].max_minor_units", _good with { Routes = [_good.Routes[0] with { MaxMinorUnits = 0 }] });
        Refused("routes[0].only_amounts_ending_with", _good with { Routes = [_good.Routes[0] with { OnlyAmountsEndingWith = 100 }] });
    }

    [Fact]
    public void Schemes_AndHosts_AreReadAsTheyAre()
    {
        (GatewaySettings? settings, IReadOnlyList<ConfigurationFault> faults) = ConfigurationCheck.Run(WithSchemes(), TimeProvider.System);
        Assert.Empty(faults);
        Assert.Equal([["hk.com.hkicl", "A000000333"], []], RouteConfigurationTests.Bound(settings!.RouteTable).Select(route => route.Schemes));
        Assert.Equal("a000000333", settings.RouteTable.CodeHosts["QR.95516.COM"]);
    }

    [Fact]
    public void SchemesAndHosts_Wrong_AreRefused()
    {
        GatewayConfiguration good = WithSchemes();
        GatewayConfiguration Schemes(params string[] schemes) => good with { Routes = [good.Routes[0] with { Schemes = schemes }], CodeHosts = [] };
        GatewayConfiguration Hosts(params CodeHostConfiguration[] hosts) => good with { CodeHosts = hosts };
        CodeHostConfiguration host = good.CodeHosts[0];

        Refused("routes[0].schemes", Schemes());
        Refused("routes[0].schemes[0]", Schemes(""));
        Refused("routes[0].schemes[0]", Schemes("hk com"));
        Refused("routes[0].schemes[0]", Schemes("咖啡"));
        Refused("routes[0].schemes[0]", Schemes(new string('x', 33)));
        Refused("routes[0].schemes[1]", Schemes("hk.com.hkicl", "HK.COM.HKICL"));
        Refused("routes[0].schemes[0]", Schemes([null!]));
        Refused("routes", Schemes([.. Enumerable.Range(0, 65).Select(i => $"s{i}")]));
        Refused("code_hosts[0].host", Hosts(host with { Host = null }));
        Refused("code_hosts[0].host", Hosts(host with { Host = "https://qr.95516.com" }));
        Refused("code_hosts[0].host", Hosts(host with { Host = "qr.95516.com." }));
        Refused("code_hosts[0].host", Hosts(host with { Host = "咖啡.example" }));
        Refused("code_hosts[1].host", Hosts(host, host with { Host = "QR.95516.com" }));
        Refused("code_hosts[0].scheme", Hosts(host with { Scheme = null }));
        Assert.Equal("no route is for the scheme SG.PAYNOW", Refused("code_hosts[0].scheme", Hosts(host with { Scheme = "SG.PAYNOW" })));
        Refused("code_hosts[0]", Hosts([null!]));
    }

    [Fact]
    public void Faults_OfAllKinds_AreToldAtOnce()
    {
        IReadOnlyList<ConfigurationFault> faults = ConfigurationCheck.Run(new GatewayConfiguration(), TimeProvider.System).Faults;
        Assert.Equal(["listen", "data_directory", "signing_key", "institutions", "channels", "routes"], faults.Select(fault => fault.Path));
    }

    [Theory]
    [InlineData("""{"listen":{"prot":1}}""", "$.listen")]
    [InlineData("""{"node_id":"one"}""", "$.node_id")]
    [InlineData("""{"node_id":1,"node_id":2}""", "$")]
    [InlineData("""{"admin":null}""", "$.admin")]
    [InlineData("{", "$")]
    [InlineData("null", "$")]
    public void File_ThatIsNotOne_IsRefusedAtItsPlace(string json, string path)
    {
        (GatewayConfiguration? configuration, ConfigurationFault? fault) = ConfigurationFile.Read(_folder.Write("config.json", json));
        Assert.Null(configuration);
        Assert.StartsWith(path, fault!.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void File_WithRelativePaths_CountsFromItsOwnFolder()
    {
        string file = _folder.Write("config.json", """{ /* comment */ "data_directory": "ledger", "signing_key": {"key_id":"gw-1","path":"k.pem"}, "es256_signing_key": {"key_id":"gw-2","path":"e.pem"}, }""");
        (GatewayConfiguration? configuration, _) = ConfigurationFile.Read(file);
        Assert.Equal(Path.Combine(_folder.Path, "ledger"), configuration!.DataDirectory);
        Assert.Equal(Path.Combine(_folder.Path, "k.pem"), configuration.SigningKey!.Path);
        Assert.Equal(Path.Combine(_folder.Path, "e.pem"), configuration.Es256SigningKey!.Path);
    }

    [Fact]
    public void File_ThatLeavesThingsOut_GetsTheDocumentedDefaults()
    {
        (GatewayConfiguration? configuration, _) = ConfigurationFile.Read(_folder.Write(
            "config.json", """{"listen":{},"channels":[{}],"routes":[{}],"institutions":[{}]}"""));
        Assert.Null(configuration!.Routes[0].Schemes);
        Assert.Empty(configuration.CodeHosts);
        Assert.Equal(8443, configuration.Listen!.Port);
        Assert.Equal(("127.0.0.1", 9464), (configuration.Admin.Address, configuration.Admin.Port));
        Assert.Equal(10_000_000, configuration.MaxTrades);
        Assert.Equal(("15s", 4096), (configuration.Channels[0].Deadline, configuration.Channels[0].MaxInFlight));
        Assert.True(configuration.Routes[0].Enabled);
        Assert.Equal(("zh", "RSA2"), (configuration.Institutions[0].Language, configuration.Institutions[0].SignType));
    }

    [Theory]
    [InlineData("0ms", 0)]
    [InlineData("20ms", 20)]
    [InlineData("2s", 2000)]
    [InlineData("5m", 300_000)]
    [InlineData("24h", 86_400_000)]
    public void Duration_AsPeopleWriteIt_IsRead(string text, int milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("20")]
    [InlineData("ms")]
    [InlineData("-1s")]
    [InlineData("1.5s")]
    [InlineData(" 1s")]
    [InlineData("25h")]
    [InlineData("99999999999999s")]
    public void Duration_OfAnotherForm_IsRefused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Theory]
    [InlineData("demo-gateway")]
    [InlineData("demo-institution")]
    public void AKeyThatIsPublished_IsNobodys(string name)
    {
        string key = Path.Combine(AppContext.BaseDirectory, "api", "keys", name);
        string own = PrivateKey("published.pem", File.ReadAllText(key + ".private.pem"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Contains("published", Refused("signing_key.path", _good with { SigningKey = _good.SigningKey! with { Path = own } }), StringComparison.Ordinal);
        Assert.Contains(
            "published", Refused("institutions[0].keys[0].path", _good with { Institutions = [Institution("A1", key + ".public.pem"), _good.Institutions[1]] }), StringComparison.Ordinal);
    }

    private GatewayConfiguration WithSchemes() => _good with
    {
        Routes = [_good.Routes[0] with { Schemes = ["hk.com.hkicl", "A000000333"] }, _good.Routes[0]],
        CodeHosts = [new CodeHostConfiguration { Host = "qr.95516.com", Scheme = "a000000333" }],
    };

    private static InstitutionConfiguration Institution(string instId, string key) => new()
    {
        InstId = instId,
        Region = "domestic",
        Currencies = ["CNY"],
        Keys = [new InstitutionKeyConfiguration { KeyId = "k1", Path = key }],
    };

    // The first institution is of ES256, the second stays of RSA2.
    private GatewayConfiguration WithEs256(GatewayConfiguration configuration)
    {
        string publicKey = _folder.Write("es-inst.pem", PemKeys.Generate(SignType.Es256).PublicPem);
        return configuration with
        {
            Es256SigningKey = new KeyFileConfiguration { KeyId = "gw-es", Path = PrivateKey("es-gw.pem", PemKeys.Generate(SignType.Es256).PrivatePem) },
            Institutions =
            [
                configuration.Institutions[0] with { SignType = "ES256", Keys = [configuration.Institutions[0].Keys[0] with { Path = publicKey }] },
                configuration.Institutions[1],
            ],
        };
    }

    private static string PublicKeyOn(System.Security.Cryptography.ECCurve curve)
    {
        using var key = System.Security.Cryptography.ECDsa.Create(curve);
        return key.ExportSubjectPublicKeyInfoPem();
    }

    [Fact]
    public void ChannelOfIso8583_IsChecked_AndPaysNobodyInTheClear()
    {
        string key = PrivateKey("mac.hex", new string('7', 64) + "\n");
        ChannelConfiguration iso = _good.Channels[0] with { Protocol = "iso8583", Url = "tls://clearing.example:5001" };
        foreach (ChannelConfiguration fine in new[]
        {
            iso, iso with { Url = "tcp://127.0.0.1:5001" }, iso with { Url = "tcp://10.1.2.3:5001", Iso8583 = new Iso8583Configuration { MacKey = key } },
            iso with { Iso8583 = new Iso8583Configuration { Authority = new SandboxFolder(_folder.Path).CaCertificate, Connections = 64, EchoInterval = "1s", MacKey = key } },
        })
        {
            Assert.Empty(ConfigurationCheck.Run(_good with { Channels = [fine] }, TimeProvider.System).Faults);
        }

        void RefusedIso(string path, ChannelConfiguration channel) => Refused("channels[0]." + path, _good with { Channels = [channel] });
        ChannelConfiguration With(Iso8583Configuration own) => iso with { Iso8583 = own };
        RefusedIso("protocol", iso with { Protocol = "iso" });
        RefusedIso("url", iso with { Url = null });
        RefusedIso("url", iso with { Url = "https://clearing.example" });
        RefusedIso("url", iso with { Url = "tls://clearing.example" });
        RefusedIso("url", iso with { Url = "tls://clearing.example:5001/path" });
        RefusedIso("url", iso with { Url = "tcp://clearing.example:5001", Iso8583 = new Iso8583Configuration { MacKey = key } });
        RefusedIso("url", iso with { Url = "tcp://10.1.2.3:5001" });
        RefusedIso("url", iso with { Url = "tcp://8.8.8.8:5001", Iso8583 = new Iso8583Configuration { MacKey = key } });
        RefusedIso("iso8583.connections", With(new Iso8583Configuration { Connections = 65 }));
        RefusedIso("iso8583.echo_interval", With(new Iso8583Configuration { EchoInterval = "1ms" }));
        RefusedIso("iso8583.mac_key", With(new Iso8583Configuration { MacKey = "/nowhere.hex" }));
        RefusedIso("iso8583.mac_key", With(new Iso8583Configuration { MacKey = PrivateKey("short.hex", "7777") }));
        RefusedIso("iso8583.mac_key", With(new Iso8583Configuration { MacKey = PrivateKey("open.hex", new string('7', 64), UnixFileMode.UserRead | UnixFileMode.OtherRead) }));
        RefusedIso("iso8583.authority", With(new Iso8583Configuration { Authority = _folder.Write("junk.pem", "junk") }));
        RefusedIso("iso8583.authority", iso with { Url = "tcp://127.0.0.1:5001", Iso8583 = new Iso8583Configuration { Authority = new SandboxFolder(_folder.Path).CaCertificate } });
        RefusedChannel("iso8583", one => one with { Iso8583 = new Iso8583Configuration() });
    }

    private static string Refused(string path, GatewayConfiguration configuration)
    {
        (GatewaySettings? settings, IReadOnlyList<ConfigurationFault> faults) = ConfigurationCheck.Run(configuration, TimeProvider.System);
        Assert.Null(settings);
        return Assert.Single(faults, fault => fault.Path == path).Reason;
    }

    private void RefusedInstitution(string key, Func<InstitutionConfiguration, InstitutionConfiguration> change) =>
        Refused("institutions[0]." + key, _good with { Institutions = [change(_good.Institutions[0]), _good.Institutions[1]] });

    private void RefusedChannel(string key, Func<ChannelConfiguration, ChannelConfiguration> change) =>
        Refused("channels[0]." + key, _good with { Channels = [change(_good.Channels[0])] });

    private string PrivateKey(string name, string pem, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        string path = _folder.Write(name, pem);
        File.SetUnixFileMode(path, mode);
        return path;
    }

    /// <summary>Says what its timers were set to.</summary>
    private sealed class NotedTimers : FakeTimeProvider
    {
        internal ConcurrentQueue<TimeSpan> Set { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Set.Enqueue(dueTime);
            return timer;
        }
    }

    /// <summary>Keys and certificates made once: RSA keys are half of this class's time otherwise.</summary>
    public sealed class Keys : IDisposable
    {
        private readonly TemporaryFolder _made = new();

        public Keys() => new SandboxFolder(_made.Path).Furnish(["A1", "B2"], TimeProvider.System);

        public void Dispose() => _made.Dispose();

        internal void CopyTo(string folder)
        {
            foreach (string file in Directory.EnumerateFiles(_made.Path, "*", SearchOption.AllDirectories))
            {
                string copy = Path.Combine(folder, Path.GetRelativePath(_made.Path, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }
}

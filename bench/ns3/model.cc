// SPDX-License-Identifier: MIT
//
// The network of a scenario in ns-3: hosts with ns-3's TCP/IP stack, switches that forward each packet by the path
// that the scenario gives for its flow. bench/ns3/scenario.py writes scenarios and reads results; it says what the
// lines mean.
//
// This text is our own and may be used under the MIT licence. ns-3 is under GPL-2.0-only: an executable linked with
// it is as a whole under that licence. It is therefore a process of its own, files in between, and not distributed.

#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"
#include "ns3/tcp-cubic.h"
#include "ns3/tcp-dctcp.h"
#include "ns3/tcp-linux-reno.h"

#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

using namespace ns3;

namespace
{

constexpr uint16_t SERVER_PORT = 5000;
constexpr uint16_t FIRST_CLIENT_PORT = 10000;
constexpr uint16_t IPV4 = 0x0800;
constexpr uint32_t PPP_BYTES = 2;
constexpr uint32_t NETWORK_MASK = 0xff000000;

[[noreturn]] void
Fail(const std::string& what)
{
    std::cerr << "model: " << what << std::endl;
    std::exit(2);
}

// ---------------------------------------------------------------------------------------------- hosts

/// A sender, ns-3's in all but this: with `fair`, its host takes the next segment when its link can soon send it. What
/// is not under way stays in the socket, and flows of one host take turns. ns-3 hands over the whole window at once.
class HostSocket : public TcpSocketBase
{
  public:
    uint32_t waiting = 0; // segments in the queue of the host's device
    uint64_t timeouts = 0;

    static inline bool fair = true;
    static inline bool careful = false; // see the two functions that ask for it

    /// Bytes in the send buffer.
    uint32_t Unacknowledged() const { return m_txBuffer->Size(); }

    void Pull() { SendPendingData(m_connected); }

  protected:
    uint32_t AvailableWindow() const override { return fair && waiting > 0 ? 0 : TcpSocketBase::AvailableWindow(); }

    void ReTxTimeout() override
    {
        ++timeouts;
        TcpSocketBase::ReTxTimeout();
    }

    /// Duplicate acknowledgements let ns-3 guess which segments have arrived. It keeps the guesses when new data is
    /// acknowledged and nothing was lost, and then sends the first segment again at each acknowledgement.
    void ReceivedAck(Ptr<Packet> packet, const TcpHeader& header) override
    {
        if (careful && !m_sackEnabled && IsCalm() && header.GetAckNumber() > m_txBuffer->HeadSequence())
        {
            m_txBuffer->ResetRenoSack();
        }
        TcpSocketBase::ReceivedAck(packet, header);
    }

    /// RFC 6582, section 3.2, step 1: duplicates of an acknowledgement that covers no more than `recover` are those of
    /// segments that were sent twice. ns-3 takes them for a loss.
    void ProcessAck(const SequenceNumber32& number,
                    bool updated,
                    uint32_t delivered,
                    const SequenceNumber32& head,
                    bool received) override
    {
        if (careful && !m_sackEnabled && IsCalm() && number == head && m_recover.GetValue() > 0 && number <= m_recover)
        {
            return;
        }
        TcpSocketBase::ProcessAck(number, updated, delivered, head, received);
    }

    bool IsCalm() const
    {
        return m_tcb->m_congState == TcpSocketState::CA_OPEN || m_tcb->m_congState == TcpSocketState::CA_DISORDER;
    }
};

/// NewReno whose window grows by acknowledged bytes in congestion avoidance, as RFC 5681 recommends, where that of ns-3
/// grows with each acknowledgement; and by up to `growth` segments for one acknowledgement in slow start.
class ByteReno : public TcpNewReno
{
  public:
    static TypeId GetTypeId()
    {
        static TypeId type = TypeId("contra::ByteReno").SetParent<TcpNewReno>().AddConstructor<ByteReno>();
        return type;
    }

    void IncreaseWindow(Ptr<TcpSocketState> state, uint32_t segments) override
    {
        bool opening = state->m_cWnd < state->m_ssThresh;
        uint32_t flight = state->m_bytesInFlight + segments * state->m_segmentSize; // before the acknowledgement
        if (validate && (opening ? state->m_cWnd >= 2 * flight : flight + state->m_segmentSize <= state->m_cWnd))
        {
            return;
        }
        if (opening)
        {
            state->m_cWnd += std::min(segments, growth) * state->m_segmentSize;
            return;
        }
        m_credit += segments * state->m_segmentSize;
        if (m_credit >= state->m_cWnd)
        {
            m_credit -= state->m_cWnd;
            state->m_cWnd += state->m_segmentSize;
        }
    }

    /// What only waits for a fair host's link counts as sent, as it does where it is handed over.
    uint32_t GetSsThresh(Ptr<const TcpSocketState> state, uint32_t flight) override
    {
        if (sender && sender->waiting > 0)
        {
            flight = std::min(state->m_cWnd.Get(), sender->Unacknowledged());
        }
        return TcpNewReno::GetSsThresh(state, flight);
    }

    Ptr<TcpCongestionOps> Fork() override { return CopyObject<ByteReno>(this); }

    HostSocket* sender = nullptr; // where the host is fair
    static inline uint32_t growth = 1;
    static inline bool validate = false; // a window that is not filled does not grow

  private:
    uint32_t m_credit = 0;
};

/// What a packet is, from the first bytes of its IPv4 packet; IPv4 has no options here.
struct Head
{
    explicit Head(Ptr<const Packet> packet, uint32_t before = 0)
    {
        uint8_t raw[PPP_BYTES + 40];
        packet->CopyData(raw, before + 40);
        const uint8_t* at = raw + before;
        auto word = [at](int i) { return uint64_t(at[i]) << 24 | uint64_t(at[i + 1]) << 16 | at[i + 2] << 8 | at[i + 3]; };
        addresses = word(12) << 32 | word(16);
        ports = word(20);
        payload = (at[2] << 8 | at[3]) - 20 - (at[32] >> 4) * 4;
    }

    uint64_t addresses;
    uint32_t ports;
    int payload;
};

/// The queue of a fair host: acknowledgements and handshakes go before data.
class HostQueue : public Queue<Packet>
{
  public:
    Ptr<Packet> Dequeue() override { return DoDequeue(GetContainer().begin()); }

    Ptr<Packet> Remove() override { return DoRemove(GetContainer().begin()); }

    Ptr<const Packet> Peek() const override { return DoPeek(GetContainer().begin()); }

    bool Enqueue(Ptr<Packet> packet) override
    {
        auto place = GetContainer().begin();
        if (Head(packet, PPP_BYTES).payload > 0)
        {
            place = GetContainer().end();
        }
        while (place != GetContainer().end() && Head(*place, PPP_BYTES).payload == 0)
        {
            ++place;
        }
        return DoEnqueue(place, packet);
    }
};

/// A host's device: its frames are as long as Ethernet's, where ns-3 has the two bytes of PPP. The bytes stand behind
/// the IPv4 packet, whose length tells the receiving host to take them away again.
class HostDevice : public PointToPointNetDevice
{
  public:
    uint32_t header = 0;
    uint32_t least = 0;
    std::unordered_map<uint16_t, Ptr<HostSocket>> senders; // by port

    bool Send(Ptr<Packet> packet, const Address& to, uint16_t protocol) override
    {
        if (auto sender = SenderOf(Head(packet)))
        {
            ++sender->waiting;
        }
        uint32_t frame = std::max(packet->GetSize() + header, least);
        packet->AddPaddingAtEnd(frame - packet->GetSize() - PPP_BYTES);
        return PointToPointNetDevice::Send(packet, to, protocol);
    }

    void Dequeued(Ptr<const Packet> packet)
    {
        auto sender = SenderOf(Head(packet, PPP_BYTES));
        if (sender && --sender->waiting == 0 && HostSocket::fair)
        {
            Simulator::ScheduleNow(&HostSocket::Pull, sender);
        }
    }

  private:
    Ptr<HostSocket> SenderOf(const Head& head) const
    {
        auto found = head.payload > 0 ? senders.find(head.ports >> 16) : senders.end();
        return found == senders.end() ? nullptr : found->second;
    }
};

// ---------------------------------------------------------------------------------------------- scenario

struct Link
{
    uint32_t a;
    uint32_t b;
    uint64_t rate;  // bit/s
    int64_t delay;  // ps
};

struct Flow
{
    uint32_t source;
    uint32_t target;
    uint64_t size;
    int64_t start;                    // ps
    std::vector<uint32_t> paths[2];   // links, first and last are those of the hosts: of the data, of the acks
    uint16_t port = 0;                // of the client
    uint64_t handed = 0;              // bytes that the sender has put into its socket
    uint64_t received = 0;            // bytes that the receiver has taken out of its socket
    int64_t finish = -1;              // last byte acknowledged at the sender, ps
    int64_t arrived = -1;             // last byte at the receiver, ps
    uint64_t segments = 0;
    uint64_t retransmitted = 0;
    uint64_t recoveries = 0;          // fast recoveries
    uint64_t syns = 0;
    Ptr<HostSocket> socket;
};

struct Scenario
{
    std::map<std::string, std::string> settings;
    std::vector<std::string> kinds;
    std::vector<Link> links;
    std::vector<Flow> flows;

    std::string Text(const std::string& key) const
    {
        auto found = settings.find(key);
        if (found == settings.end())
        {
            Fail("the scenario does not set '" + key + "'");
        }
        return found->second;
    }

    int64_t Number(const std::string& key) const { return std::stoll(Text(key)); }
};

std::vector<uint32_t>
ReadPath(std::istream& in)
{
    size_t count = 0;
    in >> count;
    std::vector<uint32_t> path(count);
    for (auto& link : path)
    {
        in >> link;
    }
    return path;
}

Scenario
ReadScenario(const std::string& name)
{
    std::ifstream file(name);
    if (!file)
    {
        Fail("cannot read " + name);
    }
    Scenario scenario;
    std::string text;
    for (size_t number = 1; std::getline(file, text); ++number)
    {
        std::istringstream line(text);
        std::string word;
        line >> word;
        if (word == "set")
        {
            std::string key;
            line >> key >> scenario.settings[key];
        }
        else if (word == "node")
        {
            line >> scenario.kinds.emplace_back();
        }
        else if (word == "link")
        {
            auto& link = scenario.links.emplace_back();
            line >> link.a >> link.b >> link.rate >> link.delay;
        }
        else if (word == "flow")
        {
            auto& flow = scenario.flows.emplace_back();
            line >> flow.source >> flow.target >> flow.size >> flow.start;
            flow.paths[0] = ReadPath(line);
            flow.paths[1] = ReadPath(line);
        }
        else
        {
            Fail("line " + std::to_string(number) + ": unknown record '" + word + "'");
        }
        if (!line)
        {
            Fail("line " + std::to_string(number) + ": a value is missing or no number");
        }
    }
    return scenario;
}

// ---------------------------------------------------------------------------------------------- network

struct Key
{
    uint64_t addresses;
    uint32_t ports;

    bool operator==(const Key& other) const { return addresses == other.addresses && ports == other.ports; }
};

struct KeyHash
{
    size_t operator()(const Key& key) const { return key.addresses * 0x9e3779b97f4a7c15ULL ^ key.ports * 0x85ebca6bULL; }
};

using Directions = std::unordered_map<Key, uint32_t, KeyHash>; // -> 2 * flow, + 1 for its acks

/// A switch without an IP stack: looks at addresses and ports, sends on.
class Switch : public SimpleRefCount<Switch>
{
  public:
    Switch(const Directions* directions, uint32_t mark)
        : m_directions(directions),
          m_mark(mark)
    {
    }

    void Route(uint32_t direction, Ptr<NetDevice> out)
    {
        if (m_out.size() <= direction)
        {
            m_out.resize(direction + 1);
        }
        m_out[direction] = PeekPointer(DynamicCast<PointToPointNetDevice>(out));
    }

    bool Receive(Ptr<NetDevice>, Ptr<const Packet> packet, uint16_t, const Address&)
    {
        Head head(packet);
        Key key{head.addresses, head.ports};
        auto found = m_directions->find(key);
        NS_ABORT_MSG_IF(found == m_directions->end(), "a packet of no flow");
        auto out = found->second < m_out.size() ? m_out[found->second] : nullptr;
        NS_ABORT_MSG_IF(!out, "a packet off its path");
        ++received;
        auto copy = packet->Copy();
        if (m_mark > 0 && out->GetQueue()->GetNPackets() + 1 > m_mark)
        {
            Mark(copy);
        }
        return out->Send(copy, out->GetBroadcast(), IPV4);
    }

    uint64_t received = 0;

  private:
    static void Mark(Ptr<Packet> packet)
    {
        Ipv4Header header;
        packet->RemoveHeader(header);
        if (header.GetEcn() != Ipv4Header::ECN_NotECT)
        {
            header.SetEcn(Ipv4Header::ECN_CE);
        }
        packet->AddHeader(header);
    }

    const Directions* m_directions;
    uint32_t m_mark;
    std::vector<PointToPointNetDevice*> m_out;
};

class Model
{
  public:
    Model(Scenario& scenario, std::ostream* trace, size_t traced)
        : m_scenario(scenario),
          m_trace(trace),
          m_traced(traced)
    {
    }

    void Build();
    void Run();
    void Report(std::ostream& out) const;

  private:
    void Configure() const;
    void AddLink(const Link& link);
    void AddAddress(uint32_t node);
    void Listen(uint32_t node);
    void AddRoutes(size_t number);
    Ptr<HostSocket> NewSocket(const Flow& flow);
    void Start(size_t number);
    void Watch(size_t number);
    void Fill(size_t number);
    void Drain(size_t number, Ptr<Socket> socket);
    void Accept(Ptr<Socket> socket, const Address& peer);
    void Acknowledged(size_t number, uint32_t sequence);

    Ipv4Address AddressOf(uint32_t node) const { return Ipv4Address(0x0a000001 + node); }

    Key KeyOf(const Flow& flow, bool back) const
    {
        uint64_t from = AddressOf(flow.source).Get();
        uint64_t to = AddressOf(flow.target).Get();
        uint32_t port = flow.port;
        return back ? Key{to << 32 | from, uint32_t(SERVER_PORT) << 16 | port}
                    : Key{from << 32 | to, port << 16 | SERVER_PORT};
    }

    bool IsHost(uint32_t node) const { return m_scenario.kinds[node] == "host"; }

    Scenario& m_scenario;
    std::ostream* m_trace;
    size_t m_traced;
    size_t m_finished = 0;
    NodeContainer m_nodes;
    std::vector<Ptr<Switch>> m_switches;
    std::vector<std::array<Ptr<PointToPointNetDevice>, 2>> m_devices; // of each link, at a and at b
    Directions m_directions;
};

/// Everything that ns-3 would otherwise choose by itself.
void
Model::Configure() const
{
    const auto& s = m_scenario;
    std::string control = s.Text("congestion_control");
    const std::map<std::string, TypeId> types{{"newreno", TcpNewReno::GetTypeId()},
                                              {"byte-reno", ByteReno::GetTypeId()},
                                              {"linux-reno", TcpLinuxReno::GetTypeId()},
                                              {"cubic", TcpCubic::GetTypeId()},
                                              {"dctcp", TcpDctcp::GetTypeId()}};
    auto type = types.find(control);
    if (type == types.end())
    {
        Fail("unknown congestion control '" + control + "'");
    }
    std::string host = s.Text("host_queue");
    if (host != "fair" && host != "fifo")
    {
        Fail("unknown host queue '" + host + "'");
    }
    HostSocket::fair = host == "fair";
    ByteReno::validate = s.Number("window_validation") != 0;
    HostSocket::careful = s.Number("careful") != 0;
    ByteReno::growth = s.Number("slow_start_segments");
    auto time = [&s](const char* key) { return TimeValue(PicoSeconds(s.Number(key))); };
    auto count = [&s](const char* key) { return UintegerValue(s.Number(key)); };
    auto flag = [&s](const char* key) { return BooleanValue(s.Number(key) != 0); };
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(type->second));
    Config::SetDefault("ns3::TcpL4Protocol::RecoveryType", TypeIdValue(TcpClassicRecovery::GetTypeId()));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", count("segment_bytes"));
    Config::SetDefault("ns3::TcpSocket::InitialCwnd", count("initial_window"));
    Config::SetDefault("ns3::TcpSocket::ConnTimeout", time("initial_rto_ps"));
    Config::SetDefault("ns3::RttEstimator::InitialEstimation", time("initial_rto_ps"));
    Config::SetDefault("ns3::TcpSocketBase::MinRto", time("min_rto_ps"));
    Config::SetDefault("ns3::TcpSocketBase::ClockGranularity", time("clock_granularity_ps"));
    Config::SetDefault("ns3::TcpSocket::DelAckCount", count("delayed_ack_segments"));
    Config::SetDefault("ns3::TcpSocket::DelAckTimeout", time("delayed_ack_ps"));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", count("send_buffer_bytes"));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", count("receive_window_bytes"));
    Config::SetDefault("ns3::TcpSocket::TcpNoDelay", BooleanValue(true));
    Config::SetDefault("ns3::TcpSocket::ConnCount", UintegerValue(30));
    Config::SetDefault("ns3::TcpSocket::DataRetries", UintegerValue(1000));
    Config::SetDefault("ns3::TcpSocketBase::Sack", flag("sack"));
    Config::SetDefault("ns3::TcpSocketBase::Timestamp", BooleanValue(false));
    Config::SetDefault("ns3::TcpSocketBase::WindowScaling", BooleanValue(true));
    Config::SetDefault("ns3::TcpSocketBase::LimitedTransmit", flag("limited_transmit"));
    Config::SetDefault("ns3::TcpSocketBase::UseEcn", StringValue(control == "dctcp" ? "On" : "Off"));
    Config::SetDefault("ns3::TcpSocketState::EnablePacing", BooleanValue(false));
    Config::SetDefault("ns3::TcpCubic::HyStart", flag("hystart"));
    Config::SetDefault("ns3::Ipv4::IpForward", BooleanValue(false));
}

void
Model::Build()
{
    Configure();
    auto& s = m_scenario;
    m_nodes.Create(s.kinds.size());
    InternetStackHelper stack;
    stack.SetIpv6StackInstall(false);
    for (uint32_t node = 0; node < s.kinds.size(); ++node)
    {
        m_switches.push_back(IsHost(node) ? nullptr : Create<Switch>(&m_directions, s.Number("mark_packets")));
        if (IsHost(node))
        {
            stack.Install(m_nodes.Get(node));
        }
    }
    for (const auto& link : s.links)
    {
        AddLink(link);
    }
    for (uint32_t node = 0; node < s.kinds.size(); ++node)
    {
        if (IsHost(node))
        {
            AddAddress(node);
            Listen(node);
        }
    }
    std::vector<uint16_t> ports(s.kinds.size(), FIRST_CLIENT_PORT);
    for (size_t number = 0; number < s.flows.size(); ++number)
    {
        auto& flow = s.flows[number];
        flow.port = ports[flow.source]++;
        AddRoutes(number);
        Simulator::Schedule(PicoSeconds(flow.start), &Model::Start, this, number);
    }
}

void
Model::AddLink(const Link& link)
{
    const auto& s = m_scenario;
    auto channel = CreateObject<PointToPointChannel>();
    channel->SetAttribute("Delay", TimeValue(PicoSeconds(link.delay)));
    auto& ends = m_devices.emplace_back();
    for (int end = 0; end < 2; ++end)
    {
        uint32_t node = end == 0 ? link.a : link.b;
        Ptr<PointToPointNetDevice> device;
        if (IsHost(node))
        {
            auto own = CreateObject<HostDevice>();
            own->header = s.Number("header_bytes");
            own->least = s.Number("least_frame_bytes");
            device = own;
        }
        else
        {
            device = CreateObject<PointToPointNetDevice>();
        }
        uint32_t limit = IsHost(node) ? 0 : s.Number("queue_packets");
        bool fair = IsHost(node) && HostSocket::fair;
        Ptr<Queue<Packet>> queue = CreateObject<DropTailQueue<Packet>>();
        if (fair)
        {
            queue = CreateObject<HostQueue>();
        }
        if (IsHost(node))
        {
            queue->TraceConnectWithoutContext("Dequeue", MakeCallback(&HostDevice::Dequeued, DynamicCast<HostDevice>(device)));
        }
        queue->SetMaxSize(QueueSize(QueueSizeUnit::PACKETS, limit > 0 ? limit : UINT32_MAX));
        device->SetQueue(queue);
        device->SetDataRate(DataRate(link.rate));
        device->SetMtu(s.Number("segment_bytes") + 40);
        device->SetAddress(Mac48Address::Allocate());
        m_nodes.Get(node)->AddDevice(device);
        device->Attach(channel);
        if (!IsHost(node))
        {
            device->SetReceiveCallback(MakeCallback(&Switch::Receive, m_switches[node]));
        }
        ends[end] = device;
    }
}

/// One address on the host's only interface, whose network is everything: no routes, no ARP. No address helper: it
/// would install a queue discipline on top of the device's queue.
void
Model::AddAddress(uint32_t node)
{
    auto ipv4 = m_nodes.Get(node)->GetObject<Ipv4>();
    auto last = m_nodes.Get(node)->GetNDevices() - 1; // the first is the loopback device
    uint32_t interface = ipv4->AddInterface(m_nodes.Get(node)->GetDevice(last));
    ipv4->AddAddress(interface, Ipv4InterfaceAddress(AddressOf(node), Ipv4Mask(NETWORK_MASK)));
    ipv4->SetUp(interface);
}

void
Model::Listen(uint32_t node)
{
    auto socket = Socket::CreateSocket(m_nodes.Get(node), TcpSocketFactory::GetTypeId());
    socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), SERVER_PORT));
    socket->Listen();
    socket->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                              MakeCallback(&Model::Accept, this));
}

void
Model::AddRoutes(size_t number)
{
    const auto& flow = m_scenario.flows[number];
    for (int back = 0; back < 2; ++back)
    {
        uint32_t direction = 2 * number + back;
        m_directions[KeyOf(flow, back)] = direction;
        uint32_t here = back ? flow.target : flow.source;
        for (uint32_t link : flow.paths[back])
        {
            const auto& ends = m_scenario.links.at(link);
            if (ends.a != here && ends.b != here)
            {
                Fail("flow " + std::to_string(number) + ": its path has a gap");
            }
            if (!IsHost(here))
            {
                m_switches[here]->Route(direction, m_devices[link][ends.a == here ? 0 : 1]);
            }
            here = ends.a == here ? ends.b : ends.a;
        }
        if (here != (back ? flow.source : flow.target))
        {
            Fail("flow " + std::to_string(number) + ": its path ends elsewhere");
        }
    }
}

// ---------------------------------------------------------------------------------------------- flows

/// What TcpL4Protocol::CreateSocket does, for a socket of our class.
Ptr<HostSocket>
Model::NewSocket(const Flow& flow)
{
    auto node = m_nodes.Get(flow.source);
    auto tcp = node->GetObject<TcpL4Protocol>();
    auto create = [&tcp](const char* attribute) {
        TypeIdValue type;
        tcp->GetAttribute(attribute, type);
        ObjectFactory factory;
        factory.SetTypeId(type.Get());
        return factory.Create();
    };
    auto socket = CreateObject<HostSocket>();
    socket->SetNode(node);
    socket->SetTcp(tcp);
    socket->SetRtt(DynamicCast<RttEstimator>(create("RttEstimatorType")));
    auto control = DynamicCast<TcpCongestionOps>(create("SocketType"));
    if (auto reno = DynamicCast<ByteReno>(control); reno && HostSocket::fair)
    {
        reno->sender = PeekPointer(socket);
    }
    socket->SetCongestionControlAlgorithm(control);
    socket->SetRecoveryAlgorithm(DynamicCast<TcpRecoveryOps>(create("RecoveryType")));
    tcp->AddSocket(socket);
    auto device = node->GetDevice(node->GetNDevices() - 1);
    DynamicCast<HostDevice>(device)->senders[flow.port] = socket;
    return socket;
}

void
Model::Start(size_t number)
{
    auto& flow = m_scenario.flows[number];
    flow.socket = NewSocket(flow);
    if (flow.socket->Bind(InetSocketAddress(AddressOf(flow.source), flow.port)) != 0)
    {
        Fail("flow " + std::to_string(number) + ": its port is taken");
    }
    Watch(number);
    flow.socket->SetSendCallback(
        Callback<void, Ptr<Socket>, uint32_t>([this, number](Ptr<Socket>, uint32_t) { Fill(number); }));
    flow.socket->Connect(InetSocketAddress(AddressOf(flow.target), SERVER_PORT));
    Fill(number);
}

/// Counters, and a log of one flow.
void
Model::Watch(size_t number)
{
    auto& flow = m_scenario.flows[number];
    auto tcp = flow.socket;
    PointerValue buffer;
    tcp->GetAttribute("TxBuffer", buffer);
    buffer.Get<TcpTxBuffer>()->TraceConnectWithoutContext(
        "UnackSequence",
        Callback<void, SequenceNumber32, SequenceNumber32>([this, number](SequenceNumber32, SequenceNumber32 now) {
            Acknowledged(number, now.GetValue());
        }));
    tcp->TraceConnectWithoutContext(
        "Tx",
        Callback<void, Ptr<const Packet>, const TcpHeader&, Ptr<const TcpSocketBase>>(
            [this, &flow, number](Ptr<const Packet> packet, const TcpHeader& header, Ptr<const TcpSocketBase>) {
                flow.segments += packet->GetSize() > 0;
                flow.syns += (header.GetFlags() & TcpHeader::SYN) != 0;
                if (m_trace && number == m_traced)
                {
                    *m_trace << Simulator::Now().GetPicoSeconds() << " send " << header.GetSequenceNumber() << ' '
                             << packet->GetSize() << '\n';
                }
            }));
    tcp->TraceConnectWithoutContext(
        "Retransmission",
        Callback<void, Ptr<const Packet>, const TcpHeader&, const Address&, const Address&, Ptr<const TcpSocketBase>>(
            [&flow](Ptr<const Packet>, const TcpHeader&, const Address&, const Address&, Ptr<const TcpSocketBase>) {
                ++flow.retransmitted;
            }));
    tcp->TraceConnectWithoutContext(
        "CongState",
        Callback<void, TcpSocketState::TcpCongState_t, TcpSocketState::TcpCongState_t>(
            [this, &flow, number](TcpSocketState::TcpCongState_t, TcpSocketState::TcpCongState_t now) {
                flow.recoveries += now == TcpSocketState::CA_RECOVERY;
                if (m_trace && number == m_traced)
                {
                    *m_trace << Simulator::Now().GetPicoSeconds() << " state " << TcpSocketState::TcpCongStateName[now]
                             << '\n';
                }
            }));
    if (!m_trace || number != m_traced)
    {
        return;
    }
    auto logged = [this](const char* name) {
        return Callback<void, uint32_t, uint32_t>([this, name](uint32_t, uint32_t now) {
            *m_trace << Simulator::Now().GetPicoSeconds() << ' ' << name << ' ' << now << '\n';
        });
    };
    tcp->TraceConnectWithoutContext("CongestionWindow", logged("cwnd"));
    tcp->TraceConnectWithoutContext("SlowStartThreshold", logged("ssthresh"));
    tcp->TraceConnectWithoutContext("RTO", Callback<void, Time, Time>([this](Time, Time now) {
        *m_trace << Simulator::Now().GetPicoSeconds() << " rto " << now.GetPicoSeconds() << '\n';
    }));
}

void
Model::Fill(size_t number)
{
    auto& flow = m_scenario.flows[number];
    while (flow.handed < flow.size)
    {
        uint64_t room = std::min<uint64_t>(flow.socket->GetTxAvailable(), flow.size - flow.handed);
        if (room == 0)
        {
            return;
        }
        int taken = flow.socket->Send(Create<Packet>(room), 0);
        if (taken <= 0)
        {
            return;
        }
        flow.handed += taken;
    }
}

/// The initial sequence number is 0, so the first byte of data has number 1.
void
Model::Acknowledged(size_t number, uint32_t sequence)
{
    auto& flow = m_scenario.flows[number];
    if (m_trace && number == m_traced)
    {
        *m_trace << Simulator::Now().GetPicoSeconds() << " acked " << sequence << '\n';
    }
    if (flow.finish < 0 && sequence >= flow.size + 1)
    {
        flow.finish = Simulator::Now().GetPicoSeconds();
        if (++m_finished == m_scenario.flows.size())
        {
            Simulator::Stop();
        }
    }
}

void
Model::Accept(Ptr<Socket> socket, const Address& peer)
{
    auto from = InetSocketAddress::ConvertFrom(peer);
    Address own;
    socket->GetSockName(own);
    uint64_t to = InetSocketAddress::ConvertFrom(own).GetIpv4().Get();
    Key key{uint64_t(from.GetIpv4().Get()) << 32 | to, uint32_t(from.GetPort()) << 16 | SERVER_PORT};
    size_t number = m_directions.at(key) / 2;
    socket->SetRecvCallback(Callback<void, Ptr<Socket>>([this, number](Ptr<Socket> s) { Drain(number, s); }));
    Drain(number, socket);
}

void
Model::Drain(size_t number, Ptr<Socket> socket)
{
    auto& flow = m_scenario.flows[number];
    while (auto packet = socket->Recv())
    {
        flow.received += packet->GetSize();
    }
    if (flow.arrived < 0 && flow.received >= flow.size)
    {
        // A FIN would have come with the last byte, and be acknowledged at once. There is none, so that ns-3 keeps to the
        // states in which it sends data.
        socket->SetAttribute("DelAckCount", UintegerValue(1));
        flow.arrived = Simulator::Now().GetPicoSeconds();
    }
}

// ---------------------------------------------------------------------------------------------- running

void
Model::Run()
{
    Simulator::Stop(PicoSeconds(m_scenario.Number("limit_ps")));
    Simulator::Run();
}

void
Model::Report(std::ostream& out) const
{
    out << "flow,start_ps,finish_ps,received_ps,size,segments_sent,retransmitted,timeouts,fast_recoveries\n";
    for (size_t number = 0; number < m_scenario.flows.size(); ++number)
    {
        const auto& f = m_scenario.flows[number];
        uint64_t timeouts = f.socket ? f.socket->timeouts + f.syns - 1 : 0; // those of the handshake count
        out << number << ',' << f.start << ',' << f.finish << ',' << f.arrived << ',' << f.size << ',' << f.segments
            << ',' << f.retransmitted << ',' << timeouts << ',' << f.recoveries << '\n';
    }
    uint64_t hops = 0;
    uint64_t dropped = 0;
    for (const auto& each : m_switches)
    {
        hops += each ? each->received : 0;
    }
    for (const auto& ends : m_devices)
    {
        dropped += ends[0]->GetQueue()->GetTotalDroppedPackets() + ends[1]->GetQueue()->GetTotalDroppedPackets();
    }
    std::cout << "packet_hops " << hops << "\nevents " << Simulator::GetEventCount() << "\ndropped " << dropped
              << "\nend_ps " << Simulator::Now().GetPicoSeconds() << std::endl;
}

} // namespace

int
main(int argc, char** argv)
{
    if (argc != 3 && argc != 5)
    {
        std::cerr << "usage: model SCENARIO RESULTS [FLOW LOG]" << std::endl;
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); // nobody reads the results once the caller is gone
    Time::SetResolution(Time::PS);
    auto scenario = ReadScenario(argv[1]);
    std::unique_ptr<std::ofstream> log;
    if (argc == 5)
    {
        log = std::make_unique<std::ofstream>(argv[4]);
    }
    ObjectFactory scheduler;
    scheduler.SetTypeId("ns3::PriorityQueueScheduler");
    Simulator::SetScheduler(scheduler);
    Model model(scenario, log.get(), argc == 5 ? std::stoul(argv[3]) : 0);
    model.Build();
    model.Run();
    std::ofstream results(argv[2]);
    model.Report(results);
    results.close();
    if (!results)
    {
        Fail(std::string("cannot write ") + argv[2]);
    }
    log.reset();
    // Not Simulator::Destroy(): it only takes time, all memory goes with the process.
    std::cout.flush();
    std::_Exit(0);
}

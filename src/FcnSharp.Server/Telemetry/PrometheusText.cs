using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace FcnSharp.Server.Telemetry;

/// <summary>
/// Gathers the instruments of one meter and writes them in Prometheus' text format 0.0.4. Names follow its custom: dots become
/// underscores, then comes the unit, then _total for counters.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    /// <summary>The media type of the format.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Upper bounds in seconds: from a decoded thumbnail to an image that just about meets the limit of time.</summary>
    private static readonly double[] Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    /// <summary>Starts to listen.</summary>
    public PrometheusText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter)
            {
                listener.EnableMeasurementEvents(instrument, FamilyOf(instrument));
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Add(state, value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Add(state, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Add(state, value, tags));
        _listener.Start();
    }

    /// <summary>All that was gathered, as text.</summary>
    public string Write()
    {
        StringBuilder text = new();
        lock (_gate)
        {
            _listener.RecordObservableInstruments();
            foreach ((string name, Family family) in _families)
            {
                family.Write(text, name);
            }
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private Family FamilyOf(Instrument instrument)
    {
        string type = instrument is Counter<long> or ObservableCounter<double> ? "counter" : instrument is Histogram<double> ? "histogram" : "gauge";
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        Family family = new(type, instrument.Description ?? "", IsObserved: instrument.IsObservable);
        lock (_gate)
        {
            _families[instrument.Name.Replace('.', '_') + unit + (type == "counter" ? "_total" : "")] = family;
        }

        return family;
    }

    private void Add(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = Labels(tags);
        lock (_gate)
        {
            ((Family)state!).Add(labels, value);
        }
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        StringBuilder text = new();
        foreach ((string name, object? value) in tags)
        {
            string plain = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            string escaped = plain.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"").Append(escaped).Append('"');
        }

        return text.ToString();
    }

    /// <summary>One instrument with its numbers for each set of labels.</summary>
    private sealed record Family(string Type, string Help, bool IsObserved)
    {
        private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);

        public void Add(string labels, double value)
        {
            if (!_series.TryGetValue(labels, out Series? series))
            {
                _series[labels] = series = new Series();
            }

            series.Sum = IsObserved ? value : series.Sum + value;
            series.Count++;
            int bucket = Array.FindIndex(Buckets, bound => value <= bound);
            series.Counts[bucket < 0 ? Buckets.Length : bucket]++;
        }

        public void Write(StringBuilder text, string name)
        {
            text.Append("# HELP ").Append(name).Append(' ').Append(Help).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(Type).Append('\n');
            foreach ((string labels, Series series) in _series)
            {
                if (Type == "histogram")
                {
                    WriteHistogram(text, name, labels, series);
                }
                else
                {
                    Line(text, name, labels, series.Sum);
                }
            }
        }

        private static void WriteHistogram(StringBuilder text, string name, string labels, Series series)
        {
            long count = 0;
            string comma = labels.Length > 0 ? "," : "";
            for (int i = 0; i <= Buckets.Length; i++)
            {
                count += series.Counts[i];
                string bound = i < Buckets.Length ? Buckets[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                Line(text, $"{name}_bucket", $"{labels}{comma}le=\"{bound}\"", count);
            }

            Line(text, $"{name}_sum", labels, series.Sum);
            Line(text, $"{name}_count", labels, series.Count);
        }

        private static void Line(StringBuilder text, string name, string labels, double value)
        {
            text.Append(name);
            if (labels.Length > 0)
            {
                text.Append('{').Append(labels).Append('}');
            }

            text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }

    private sealed class Series
    {
        public double Sum { get; set; }

        public long Count { get; set; }

        public long[] Counts { get; } = new long[Buckets.Length + 1];
    }
}

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkReady starts `dnispool sim` with its control API, and opens a stream of events that is read and one that is not. ms-to-ready,
// from the start of the process to the line that says so, is to be below 200 (the median of all rounds; -q1 and -q3 are the quartiles);
// MiB-idle is the resident memory of the last one, watched so, to be below 40.
func BenchmarkReady(b *testing.B) {
	var took []float64
	idle := 0.0
	for b.Loop() {
		d, mib, err := readyOnce(b)
		if err != nil {
			b.Fatal(err)
		}
		took, idle = append(took, float64(d.Microseconds())/1000), mib
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // of a start and a stop together: means nothing
	b.ReportMetric(took[len(took)/2], "ms-to-ready")
	b.ReportMetric(took[len(took)/4], "ms-to-ready-q1")
	b.ReportMetric(took[len(took)*3/4], "ms-to-ready-q3")
	if idle > 0 {
		b.ReportMetric(idle, "MiB-idle")
	}
}

// readyOnce is one start, and the memory in MiB that the system tells; 0 where it does not.
func readyOnce(b *testing.B) (took time.Duration, mib float64, err error) {
	c := exec.Command(binary, "sim", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--control", "127.0.0.1:0", "--output", "json", "-q")
	c.Dir = b.TempDir()
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := c.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		err = errors.Join(err, c.Process.Kill())
		_ = c.Wait() // it was killed
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	took = time.Since(began)
	var said struct {
		Addresses struct{ Control string }
	}
	if err == nil {
		err = json.Unmarshal([]byte(line), &said)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("ready: want a line of JSON, got %q (%w)", line, err)
	}
	events := said.Addresses.Control + "/v1/events?after=now"
	followed, err := http.Get(events)
	if err != nil {
		return 0, 0, err
	}
	defer followed.Body.Close()
	if _, err := followed.Body.Read(make([]byte, 64)); err != nil {
		return 0, 0, err
	}
	at := strings.TrimPrefix(said.Addresses.Control, "http://")
	stopped, err := net.Dial("tcp", at)
	if err != nil {
		return 0, 0, err
	}
	defer stopped.Close()
	if _, err := io.WriteString(stopped, "GET /v1/events?after=now HTTP/1.1\r\nHost: "+at+"\r\n\r\n"); err != nil {
		return 0, 0, err
	}
	if runtime.GOOS != "linux" {
		return took, 0, nil
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	_, rss, _ := strings.Cut(string(status), "VmRSS:")
	kib := 0.0
	_, err = fmt.Sscan(rss, &kib)
	return took, kib / 1024, err
}

package traffic

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ReadDay reads the rates of a day from CSV, as a call centre's statistics have them: a time of day at which an interval
// begins, and the calls in it. An interval ends where the next begins, the last one is as long as the one before. The
// first line may be a heading. Errors begin with name:line:column. The rates begin so long after midnight.
//
//	time,calls
//	09:00,250
//	09:15,310
func ReadDay(name string, r io.Reader) (begin time.Duration, rates Rates, err error) {
	file := csv.NewReader(r)
	file.FieldsPerRecord = 2
	file.TrimLeadingSpace = true
	file.Comment = '#'
	var rows []dayRow
	for first := true; ; first = false {
		record, err := file.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, nil, placed(name, file, err)
		}
		if first && record[0] == "time" {
			continue
		}
		row, field, err := parseRow(record)
		if err == nil && len(rows) > 0 && row.at <= rows[len(rows)-1].at {
			field, err = 0, fmt.Errorf("time: want one after %s, got %s", clock(rows[len(rows)-1].at), clock(row.at))
		}
		if err != nil {
			line, column := file.FieldPos(field)
			return 0, nil, fmt.Errorf("%s:%d:%d: %w", name, line, column, err)
		}
		rows = append(rows, row)
	}
	if len(rows) < 2 {
		return 0, nil, fmt.Errorf("%s: want two intervals or more, each a time of day and its calls as in 09:00,250, got %d", name, len(rows))
	}
	return rows[0].at, ratesOf(rows), nil
}

type dayRow struct {
	at    time.Duration // from midnight
	calls float64
}

// ratesOf begin with the first interval.
func ratesOf(rows []dayRow) Rates {
	out := make(Rates, len(rows))
	for i, row := range rows {
		length := rows[len(rows)-1].at - rows[len(rows)-2].at
		if i+1 < len(rows) {
			length = rows[i+1].at - row.at
		}
		rate := Rate(row.calls / length.Seconds())
		out[i] = Segment{rate, rate, length}
	}
	return out
}

// parseRow reads one line, or says which of its two fields is wrong.
func parseRow(record []string) (row dayRow, field int, err error) {
	at, err := time.Parse("15:04", strings.TrimSpace(record[0]))
	if err != nil {
		return row, 0, fmt.Errorf("time: want a time of day like 09:15, got %q", record[0])
	}
	calls, err := strconv.ParseFloat(strings.TrimSpace(record[1]), 64)
	if err != nil || !(calls >= 0 && calls <= 1e9) {
		return row, 1, fmt.Errorf("calls: want how many calls came in the interval, got %q", record[1])
	}
	return dayRow{time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, calls}, 0, nil
}

func clock(at time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(at.Hours()), int(at.Minutes())%60)
}

// placed gives an error of the CSV reader the form of all others.
func placed(name string, file *csv.Reader, err error) error {
	var syntax *csv.ParseError
	if !errors.As(err, &syntax) {
		return fmt.Errorf("%s: %w", name, err)
	}
	if errors.Is(syntax.Err, csv.ErrFieldCount) {
		return fmt.Errorf("%s:%d:1: want a time of day and its calls, as in 09:00,250", name, syntax.Line)
	}
	return fmt.Errorf("%s:%d:%d: %w", name, syntax.Line, syntax.Column, syntax.Err)
}

package warehouse

import (
	"encoding/binary"
	"fmt"
)

// Thrift's binary protocol, as much of it as the answers need.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md

type (
	structure []field
	field     struct {
		id    int16
		value any // bool, int32, int64, string, []byte, list or structure
	}
	list []any // of strings or structures, all alike
)

const (
	version1    uint32 = 0x80010000
	messageCall uint32 = 1
	messageBack uint32 = 2
)

// readCall reads the name and the number of a call; its arguments stay unread.
func readCall(message []byte) (method string, sequence uint32, ok bool) {
	if len(message) < 8 || binary.BigEndian.Uint32(message) != version1|messageCall {
		return "", 0, false
	}
	length := uint64(binary.BigEndian.Uint32(message[4:]))
	if uint64(len(message)) < 8+length+4 {
		return "", 0, false
	}
	return string(message[8 : 8+length]), binary.BigEndian.Uint32(message[8+length:]), true
}

// reply is the message that answers a call: a structure in field 0 of another.
func reply(method string, sequence uint32, answer structure) []byte {
	b := binary.BigEndian.AppendUint32(nil, version1|messageBack)
	b = appendValue(b, method)
	b = binary.BigEndian.AppendUint32(b, sequence)
	return appendValue(b, structure{{0, answer}})
}

func typeOf(value any) byte {
	switch value.(type) {
	case bool:
		return 2
	case int32:
		return 8
	case int64:
		return 10
	case string, []byte:
		return 11
	case structure:
		return 12
	case list:
		return 15
	}
	panic(fmt.Sprintf("no Thrift type for %T", value))
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case bool:
		if v {
			return append(b, 1)
		}
		return append(b, 0)
	case int32:
		return binary.BigEndian.AppendUint32(b, uint32(v)) //nolint:gosec // the same bits
	case int64:
		return binary.BigEndian.AppendUint64(b, uint64(v)) //nolint:gosec // the same bits
	case string:
		return append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...) //nolint:gosec // short
	case []byte:
		return appendValue(b, string(v))
	case structure:
		for _, f := range v {
			b = append(b, typeOf(f.value))
			b = binary.BigEndian.AppendUint16(b, uint16(f.id)) //nolint:gosec // the same bits
			b = appendValue(b, f.value)
		}
		return append(b, 0)
	case list:
		element := byte(12)
		if len(v) > 0 {
			element = typeOf(v[0])
		}
		b = append(b, element)
		b = binary.BigEndian.AppendUint32(b, uint32(len(v))) //nolint:gosec // short
		for _, item := range v {
			b = appendValue(b, item)
		}
		return b
	}
	panic(fmt.Sprintf("no Thrift type for %T", value))
}

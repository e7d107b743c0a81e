// Reads JSON and writes it back in one form, as src/lib.rs does.
#include <stdbool.h>
#include <stdio.h>

#include "../block.h"

enum { MAX_DEPTH = 100 };

typedef struct { char *bytes; size_t len; } text_t;
typedef struct value value_t;
typedef struct { text_t key; value_t *value; } member_t;

struct value {
    enum { NOTHING, FALSE, TRUE, NUMBER, TEXT, LIST, OBJECT } kind;
    union {
        double number;
        text_t text;
        struct { value_t **items; size_t count; } list;
        // In the order of the keys.
        struct { member_t *members; size_t count; } object;
    };
};

static void *grown(void *start, size_t len) {
    start = realloc(start, len);
    if (!start) abort();
    return start;
}

static void release(value_t *value) {
    if (!value) return;
    if (value->kind == TEXT) free(value->text.bytes);
    if (value->kind == LIST) {
        for (size_t i = 0; i < value->list.count; i++) release(value->list.items[i]);
        free(value->list.items);
    }
    if (value->kind == OBJECT) {
        for (size_t i = 0; i < value->object.count; i++) {
            free(value->object.members[i].key.bytes);
            release(value->object.members[i].value);
        }
        free(value->object.members);
    }
    free(value);
}

// From bytes to values.

typedef struct { const uint8_t *at, *end; } parser_t;

static value_t *parse_value(parser_t *p, int depth);

static int peek(parser_t *p) { return p->at < p->end ? *p->at : -1; }

static bool eat(parser_t *p, int byte) {
    if (peek(p) != byte) return false;
    p->at++;
    return true;
}

static void space(parser_t *p) {
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r') p->at++;
}

static value_t *new_value(int kind) {
    value_t *value = grown(NULL, sizeof *value);
    memset(value, 0, sizeof *value);
    value->kind = kind;
    return value;
}

static value_t *parse_word(parser_t *p, const char *word, int kind) {
    for (; *word; word++)
        if (!eat(p, *word)) return NULL;
    return new_value(kind);
}

static bool parse_hex(parser_t *p, uint32_t *code) {
    if (!eat(p, 'u')) return false;
    *code = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        int c = peek(p), lower = c | 32;
        int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        if (digit < 0) return false;
        *code = *code << 4 | digit;
    }
    return true;
}

static bool parse_escape(parser_t *p, uint32_t *code) {
    switch (peek(p)) {
        case '"': case '\\': case '/': *code = peek(p); break;
        case 'b': *code = '\b'; break;
        case 'f': *code = '\f'; break;
        case 'n': *code = '\n'; break;
        case 'r': *code = '\r'; break;
        case 't': *code = '\t'; break;
        case 'u': {
            uint32_t low;
            if (!parse_hex(p, code)) return false;
            if ((*code & 0xfc00) == 0xdc00) return false;
            if ((*code & 0xfc00) != 0xd800) return true;
            if (!eat(p, '\\') || !parse_hex(p, &low) || (low & 0xfc00) != 0xdc00) return false;
            *code = 0x10000 + ((*code & 0x3ff) << 10 | (low & 0x3ff));
            return true;
        }
        default: return false;
    }
    p->at++;
    return true;
}

static size_t utf8(uint32_t code, char out[4]) {
    if (code < 0x80) return out[0] = code, 1;
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, code >>= 6) out[i] = 0x80 | (code & 0x3f);
    out[0] = (0xf0 << (4 - len)) | code;
    return len;
}

static bool parse_string(parser_t *p, text_t *text) {
    *text = (text_t){0};
    if (!eat(p, '"')) return false;
    for (;;) {
        const uint8_t *start = p->at;
        while (peek(p) >= ' ' && peek(p) != '"' && peek(p) != '\\') p->at++;
        text->bytes = grown(text->bytes, text->len + (p->at - start) + 4);
        memcpy(text->bytes + text->len, start, p->at - start);
        text->len += p->at - start;
        if (eat(p, '"')) return true;
        uint32_t code;
        if (!eat(p, '\\') || !parse_escape(p, &code)) break;
        text->len += utf8(code, text->bytes + text->len);
    }
    free(text->bytes);
    return false;
}

static bool parse_items(parser_t *p, value_t *list, int depth) {
    p->at++;
    space(p);
    if (eat(p, ']')) return true;
    for (;;) {
        value_t *item = parse_value(p, depth + 1);
        if (!item) return false;
        list->list.items = grown(list->list.items, (list->list.count + 1) * sizeof item);
        list->list.items[list->list.count++] = item;
        space(p);
        if (!eat(p, ',')) return eat(p, ']');
    }
}

static int compare(const text_t *a, const text_t *b) {
    int order = memcmp(a->bytes, b->bytes, a->len < b->len ? a->len : b->len);
    return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

static void insert(value_t *object, text_t key, value_t *value) {
    member_t *members = object->object.members;
    size_t low = 0, high = object->object.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&members[middle].key, &key);
        if (order == 0) {
            free(key.bytes);
            release(members[middle].value);
            members[middle].value = value;
            return;
        }
        if (order < 0) low = middle + 1;
        else high = middle;
    }
    object->object.members = members = grown(members, (object->object.count + 1) * sizeof *members);
    memmove(members + low + 1, members + low, (object->object.count - low) * sizeof *members);
    members[low] = (member_t){key, value};
    object->object.count++;
}

static bool parse_members(parser_t *p, value_t *object, int depth) {
    p->at++;
    space(p);
    if (eat(p, '}')) return true;
    for (;;) {
        text_t key;
        value_t *value;
        space(p);
        if (!parse_string(p, &key)) return false;
        space(p);
        if (!eat(p, ':') || !(value = parse_value(p, depth + 1))) {
            free(key.bytes);
            return false;
        }
        insert(object, key, value);
        space(p);
        if (!eat(p, ',')) return eat(p, '}');
    }
}

static bool digits(parser_t *p) {
    const uint8_t *start = p->at;
    while (peek(p) >= '0' && peek(p) <= '9') p->at++;
    return p->at > start;
}

static value_t *parse_number(parser_t *p) {
    const uint8_t *start = p->at;
    eat(p, '-');
    if (!eat(p, '0') && !digits(p)) return NULL;
    if (eat(p, '.') && !digits(p)) return NULL;
    if (peek(p) == 'e' || peek(p) == 'E') {
        p->at++;
        if (peek(p) == '+' || peek(p) == '-') p->at++;
        if (!digits(p)) return NULL;
    }
    // strtod wants a zero at the end.
    char *text = grown(NULL, p->at - start + 1);
    memcpy(text, start, p->at - start);
    text[p->at - start] = 0;
    value_t *value = new_value(NUMBER);
    value->number = strtod(text, NULL);
    free(text);
    return value;
}

static value_t *parse_value(parser_t *p, int depth) {
    value_t *value;
    bool whole;
    space(p);
    if (depth > MAX_DEPTH) return NULL;
    switch (peek(p)) {
        case -1: return NULL;
        case 'n': return parse_word(p, "null", NOTHING);
        case 't': return parse_word(p, "true", TRUE);
        case 'f': return parse_word(p, "false", FALSE);
        case '"':
            value = new_value(TEXT);
            if (parse_string(p, &value->text)) return value;
            free(value);
            return NULL;
        case '[':
            value = new_value(LIST);
            whole = parse_items(p, value, depth);
            break;
        case '{':
            value = new_value(OBJECT);
            whole = parse_members(p, value, depth);
            break;
        default: return parse_number(p);
    }
    if (whole) return value;
    release(value);
    return NULL;
}

// From values to bytes.

typedef struct { uint8_t *bytes; size_t len, room; } out_t;

static void put(out_t *out, const void *bytes, size_t len) {
    if (out->len + len > out->room) {
        out->room = (out->len + len) * 2;
        out->bytes = grown(out->bytes, out->room);
    }
    memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
}

static void write_string(out_t *out, const text_t *text) {
    put(out, "\"", 1);
    for (size_t i = 0; i < text->len; i++) {
        uint8_t byte = text->bytes[i];
        if (byte == '"' || byte == '\\') put(out, (char[]){'\\', byte}, 2);
        else if (byte < ' ') {
            char escape[8];
            put(out, escape, snprintf(escape, sizeof escape, "\\u%04x", byte));
        } else put(out, &byte, 1);
    }
    put(out, "\"", 1);
}

static void write_value(out_t *out, const value_t *value) {
    char number[400];
    switch (value->kind) {
        case NOTHING: put(out, "null", 4); break;
        case FALSE: put(out, "false", 5); break;
        case TRUE: put(out, "true", 4); break;
        case NUMBER: put(out, number, snprintf(number, sizeof number, "%.3f", value->number)); break;
        case TEXT: write_string(out, &value->text); break;
        case LIST:
            put(out, "[", 1);
            for (size_t i = 0; i < value->list.count; i++) {
                if (i > 0) put(out, ",", 1);
                write_value(out, value->list.items[i]);
            }
            put(out, "]", 1);
            break;
        case OBJECT:
            put(out, "{", 1);
            for (size_t i = 0; i < value->object.count; i++) {
                if (i > 0) put(out, ",", 1);
                write_string(out, &value->object.members[i].key);
                put(out, ":", 1);
                write_value(out, value->object.members[i].value);
            }
            put(out, "}", 1);
            break;
    }
}

uint8_t *run(const uint8_t *input, size_t len) {
    parser_t p = {input, input + len};
    out_t out = {0};
    put(&out, "\0\0\0\0", 4);
    value_t *value = parse_value(&p, 0);
    if (value) space(&p);
    if (value && p.at == p.end) write_value(&out, value);
    else {
        char error[32];
        put(&out, error, snprintf(error, sizeof error, "error at %zu", (size_t)(p.at - input)));
    }
    release(value);
    *(uint32_t *)out.bytes = out.len - 4;
    return out.bytes;
}

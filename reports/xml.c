#include "reports/xml.h"

void xml_release_part(struct text *text, struct text *part)
{
    if (text_failed(part))
        text->failed = true;
    text_release(part);
}

void xml_append_escaped(struct text *text, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool no_character =
            c == 0xEF && i + 2 < length && (unsigned char)bytes[i + 1] == 0xBF &&
            ((unsigned char)bytes[i + 2] == 0xBE || (unsigned char)bytes[i + 2] == 0xBF);
        if (no_character)
            i += 2;
        if (no_character || (c < 0x20 && c != '\n' && c != '\t'))
            text_append_char(text, '?');
        else if (c == '<')
            text_append_string(text, "&lt;");
        else if (c == '>')
            text_append_string(text, "&gt;");
        else if (c == '&')
            text_append_string(text, "&amp;");
        else if (c == '"')
            text_append_string(text, "&quot;");
        else
            text_append_char(text, (char)c);
    }
}

void xml_append_attribute(struct text *text, const char *name, const char *value)
{
    struct text line;
    text_init(&line, text->memory);
    text_append_string(&line, value);
    for (size_t i = 0; i < line.length; i++) {
        if (line.bytes[i] == '\n' || line.bytes[i] == '\t')
            line.bytes[i] = ' ';
    }
    text_append_format(text, " %s=\"", name);
    xml_append_escaped(text, text_string(&line), line.length);
    text_append_char(text, '"');
    xml_release_part(text, &line);
}

#include <tidemill/status.h>

const char *tide_status_text(enum tide_status status)
{
    switch (status) {
#define X(name, value, text)                                                                       \
    case name:                                                                                     \
        return text;
        TIDE_STATUS_LIST(X)
#undef X
    }
    return "unknown status";
}

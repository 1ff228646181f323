CREATE OR REPLACE FUNCTION core.default_templates()
RETURNS TABLE (name text, locale text, title text, body text, action text)
LANGUAGE sql IMMUTABLE
AS $$
VALUES
    -- To a mitra: a question that waits for an answer.
    ('pairing_offer', 'id', 'Permintaan Sesi',
        'Ada yang ingin mengobrol {minutes} menit', 'open_offer'),
    ('pairing_offer', 'en', 'Session Request',
        'Someone would like to talk for {minutes} min', 'open_offer'),
    ('extension_request', 'id', 'Permintaan Perpanjang',
        '{customer} mau lanjut +{minutes} menit', 'open_extension'),
    ('extension_request', 'en', 'Extension Request',
        '{customer} would like to go on for +{minutes} min', 'open_extension'),

    -- To a party: how its session goes on.
    ('session_started', 'id', 'Sesi Dimulai',
        'Sesi dengan {peer} sudah dimulai', 'open_session'),
    ('session_started', 'en', 'Session Started',
        'Your session with {peer} has started', 'open_session'),
    ('first_reply_reminder', 'id', 'Pelanggan Menunggu',
        '{customer} menunggu pesan pertama Anda', 'open_session'),
    ('first_reply_reminder', 'en', 'A Customer Is Waiting',
        '{customer} is waiting for your first message', 'open_session'),
    ('first_reply_overdue', 'id', 'Mitra Belum Membalas',
        '{mitra} belum membalas. Pindah ke mitra lain, atau akhiri dan uang kembali',
        'open_session'),
    ('first_reply_overdue', 'en', 'No Reply Yet',
        '{mitra} has not replied. Go to another mitra, or end it and get your money back',
        'open_session'),
    ('session_warning', 'id', 'Sesi Hampir Selesai',
        'Sisa {minutes} menit dengan {peer}', 'open_session'),
    ('session_warning', 'en', 'Session Ending Soon',
        '{minutes} min left with {peer}', 'open_session'),
    ('session_ended', 'id', 'Sesi Selesai',
        'Sesi Anda sudah berakhir', 'open_session'),
    ('session_ended', 'en', 'Session Ended',
        'Your session has ended', 'open_session'),
    ('pairing_failed', 'id', 'Belum Ada Mitra',
        'Belum ada mitra yang bisa menerima sesi Anda', 'open_session'),
    ('pairing_failed', 'en', 'No Mitra Found',
        'No mitra could take your session', 'open_session'),

    -- To the other party of a conversation.
    ('message', 'id', 'Pesan Baru',
        'Ada pesan dari {peer}', 'open_session'),
    ('message', 'en', 'New Message',
        'You have a message from {peer}', 'open_session')
$$;

COMMENT ON FUNCTION core.default_templates() IS $$
The texts of pushes until somebody changes them by api.update_text. A locked screen does
not show what people wrote to each other.
$$;

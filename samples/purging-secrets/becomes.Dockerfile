FROM debian AS builder
ENV cred=...
# dfrefactor: writes=/any_folder
RUN wget https://$cred:servername/path/download.zip \
    && do_some_stuff_with_download_zip

FROM debian
COPY --from=builder /any_folder /any_folder
RUN do_some_more_stuff

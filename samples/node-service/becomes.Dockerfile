FROM node:18-slim
WORKDIR /app
ENV NODE_ENV=production

COPY package.json package-lock.json ./
ARG NPM_TOKEN
RUN echo "//registry.example.org/:_authToken=${NPM_TOKEN}" > .npmrc \
    && npm ci --omit=dev \
    && rm -f .npmrc

COPY . .
RUN npm run build

EXPOSE 3000
USER node
CMD ["node", "dist/server.js"]
